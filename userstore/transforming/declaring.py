"""How a built-in transformer is declared: the row of the wire contract and the native code behind it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from userstore.transforming.parameters import RecordSchema
from userstore.transforming.protocol import Tokenization, Transform, TransformKind
from userstore.transforming.pseudonyms import Pseudonymization

STRINGS = ("string", "email", "phonenumber", "e164_phonenumber", "ssn")
ANYTHING = (*STRINGS, "integer", "boolean", "date", "birthdate", "timestamp", "uuid")
PHONES = ("string", "phonenumber", "e164_phonenumber")
BIRTHDATES = ("birthdate", "date", "string")
DATES = ("date", "birthdate", "timestamp", "string")

Native = Transform[Any] | Tokenization[Any] | Pseudonymization[Any]


@dataclass(frozen=True, kw_only=True)
class BuiltInTransformer:
    """One transformer that every environment has, with the fields the wire contract shows."""

    id: UUID
    native: Native
    function: str
    parameters: str
    reuse_existing_token: bool = False
    is_system: bool = False

    @property
    def name(self) -> str:
        """The name, unique in an environment."""
        return self.native.name

    @property
    def description(self) -> str:
        """One sentence on what comes out."""
        return self.native.description

    @property
    def transform_type(self) -> TransformKind:
        """The kind in the words of the wire contract."""
        return self.native.kind

    @property
    def input_data_type(self) -> str:
        """Name of the data type it declares to take."""
        return self.native.input_types[0]

    @property
    def output_data_type(self) -> str:
        """Name of the data type it gives."""
        return self.native.output_type


def transformer(
    public_id: str,
    function: str,
    native: Native,
    *,
    parameters: Any = None,
    reuse: bool = False,
    system: bool = False,
) -> BuiltInTransformer:
    """Return the row; given parameters change the declared defaults, and all of them are written out for the reader."""
    written = {each.name: each.default for each in native.schema.declared} if parameters is None else parameters
    return BuiltInTransformer(
        id=UUID(public_id),
        native=native,
        function=function,
        parameters=json.dumps(written) if written else "",
        reuse_existing_token=reuse,
        is_system=system,
    )


def mask(name: str, description: str, work: Any, parameters: Any, input_types: tuple[str, ...] = STRINGS) -> Native:
    """Return a mask from a function of value and parameters."""
    return Transform(
        name=name,
        description=description,
        input_types=input_types,
        output_type="string",
        schema=RecordSchema(parameters),
        work=lambda value, given, _now: work(value, given),
    )


def token(
    name: str,
    description: str,
    drawn: Any,
    schema: Any,
    *,
    kind: TransformKind = TransformKind.TOKENIZE_BY_VALUE,
    input_types: tuple[str, ...] = STRINGS,
    output_type: str = "string",
) -> Native:
    """Return a transformer that draws tokens of one format."""
    return Tokenization(
        name=name,
        description=description,
        input_types=input_types,
        output_type=output_type,
        schema=schema,
        format=drawn,
        kind=kind,
    )
