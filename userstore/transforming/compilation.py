"""From stored transformers to compiled ones, once per environment and epoch."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from governance.errors import GovernanceError, Invalid
from governance.policies.hosting import host_for, offered
from governance.policies.sandbox import Function, Script, ScriptError, ScriptFault, ScriptUnavailable, run_transform
from governance.standing import Standing
from keyring.keys import pseudonym_key_for
from userstore.datatypes import ValueRefused
from userstore.models import Transformer
from userstore.models.transformers import BY_REFERENCE, BY_VALUE, PASSTHROUGH
from userstore.transforming.builtin import BUILT_IN_TRANSFORMERS
from userstore.transforming.errors import ParameterRefused, TokenSpaceExhausted, ValueUnfit
from userstore.transforming.parameters import decode_parameters
from userstore.transforming.protocol import Tokenization, Transform
from userstore.transforming.pseudonyms import NO_COLUMN, Pseudonymization

_RANDOM = secrets.SystemRandom()
NATIVES = {built_in.name: built_in.native for built_in in BUILT_IN_TRANSFORMERS}


class TransformationFailed(GovernanceError):
    """A transformer could not work on a value; nothing was released. Names the transformer, never the value."""


class TransformerUnavailable(TransformationFailed):
    """A transformer could not be run just now, whatever the values are; the same call may go through in a moment."""

    kind = "unavailable"


@dataclass(frozen=True, slots=True)
class CompiledTransformer:
    """A transformer ready to work on texts. Exactly one of native and script, or neither for pass-through."""

    pk: int | None
    public_id: UUID | None
    name: str
    version: int
    tokenizes: bool
    by_reference: bool
    reuses_tokens: bool
    native: Any = None
    parameters: Any = None
    script: Script | None = None
    script_parameters: Any = None
    environment_id: UUID = NO_COLUMN

    @property
    def passes_through(self) -> bool:
        return self.native is None and self.script is None and not self.tokenizes

    @property
    def is_repeatable(self) -> bool:
        """Whether a value becomes the same text in every call of one day. Nobody knows that of a script."""
        return self.passes_through or isinstance(self.native, Transform)

    def apply(self, texts: Sequence[str], *, now: datetime, column: UUID = NO_COLUMN) -> list[str]:
        """Transform texts, in order. For tokenising ones these are candidates that somebody still has to store.

        `column` is the one that shows the texts: pseudonyms of one column say nothing about another's.

        Raises:
            TransformationFailed: a script failed, or a value is not of the format; nothing may be released.
            TransformerUnavailable: no sandbox was free for the script, or it is suspended.
        """
        if self.passes_through:
            return list(texts)
        if self.script is not None:
            made = self._apply_script(self.script, texts)
            if self.tokenizes and any(token and token == text for token, text in zip(made, texts, strict=True)):
                raise TransformationFailed(f"Transformer {self.name} gave a value as its own token.", field=self.name)
            return made
        try:
            if isinstance(self.native, Pseudonymization):
                key = pseudonym_key_for(self.environment_id)
                return [self.native.replace(text, self.parameters, key, column) for text in texts]
            if isinstance(self.native, Tokenization):
                return [self.native.mint(text, self.parameters, _RANDOM) for text in texts]
            return [self.native.apply(text, self.parameters, now=now, rng=_RANDOM) for text in texts]
        except (ValueUnfit, TokenSpaceExhausted, ValueRefused) as error:
            raise TransformationFailed(
                f"Transformer {self.name} failed: {error}.", field=self.name, remedy=error.remedy
            ) from None

    def _apply_script(self, script: Script, texts: Sequence[str]) -> list[str]:
        try:
            results = run_transform(script, list(texts), self.script_parameters, host=host_for(script))
        except ScriptUnavailable as error:
            raise TransformerUnavailable(f"Transformer {self.name} cannot run: {error}.", field=self.name) from None
        except ScriptError as error:
            raise TransformationFailed(f"Transformer {self.name} failed: {error}.", field=self.name) from None
        for result in results:
            if isinstance(result, ScriptFault):
                raise TransformationFailed(f"Transformer {self.name} failed: {result.kind}.", field=self.name)
        return [str(result) for result in results]


UNCHANGED = CompiledTransformer(
    pk=None,
    public_id=None,
    name="PassthroughUnchangedData",
    version=0,
    tokenizes=False,
    by_reference=False,
    reuses_tokens=False,
)


def transformer_of(standing: Standing, row: Transformer | None) -> CompiledTransformer:
    """Compile a stored transformer; None is pass-through."""
    if row is None:
        return UNCHANGED
    return standing.part(("transformer", row.pk), lambda: compile_transformer(row))


def compile_transformer(row: Transformer) -> CompiledTransformer:
    """Compile a transformer; `Invalid` names what does not fit."""
    common: dict[str, Any] = {
        "pk": row.pk,
        "public_id": row.public_id,
        "name": row.name,
        "version": row.version,
        "tokenizes": row.transform_type in {BY_VALUE, BY_REFERENCE},
        "by_reference": row.transform_type == BY_REFERENCE,
        "reuses_tokens": row.reuse_existing_token,
        "environment_id": row.environment_id,
    }
    if row.transform_type == PASSTHROUGH:
        return CompiledTransformer(**common)
    try:
        if row.native:
            native = NATIVES.get(row.native)
            if native is None:
                raise Invalid(f"There is no native transformer {row.native}.", field="native")
            return CompiledTransformer(**common, native=native, parameters=native.parse(row.parameters))
        kind: Function = "tokenize" if common["tokenizes"] else "transform"
        script = Script(
            environment_id=row.environment_id,
            key=f"transformer:{row.public_id}:{row.version}",
            source=row.function,
            function=kind,
            host_calls=offered(row.function, kind),
        )
        return CompiledTransformer(**common, script=script, script_parameters=decode_parameters(row.parameters))
    except ParameterRefused as refused:
        raise Invalid(str(refused), field="parameters") from None
