"""What an import was asked to do: kept sealed beside it, since names and contexts may say something about people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from userstore.errors import Invalid
from userstore.importing.framing import CSV, FORMATS, USERCLOUDS
from userstore.models import Import
from userstore.reading.calls import CallContext
from userstore.writing.batch import KNOWN_ONLY, NEWCOMERS, UNKNOWN_SUBJECTS
from userstore.writing.calls import ConsentTerms

DELIMITERS = (",", ";", "\t", "|")
_MOST_FIELDS = 1000


@dataclass(frozen=True, slots=True)
class Instructions:
    """Which mutator writes the records of a file, for which purposes, and how the fields are laid out.

    `columns` maps fields to columns, None for a field that goes nowhere; empty: fields are named like the columns.
    `selector` names the fields that select; empty: `id`. `mutator_id` is None where the file names its mutator.

    Raises:
        Invalid: a format, delimiter or treatment of unknown users that there is not.
    """

    mutator_id: UUID | None
    format: str = CSV
    delimiter: str = ","
    columns: Mapping[str, str | None] = field(default_factory=dict)
    selector: tuple[str, ...] = ()
    purposes: tuple[UUID, ...] = ()
    unknown: str = KNOWN_ONLY
    context: CallContext = field(default_factory=CallContext)
    consent: ConsentTerms = field(default_factory=ConsentTerms)

    def __post_init__(self) -> None:
        if self.format not in FORMATS:
            raise Invalid(f"The format is one of {', '.join(FORMATS)}.", field="format")
        if self.delimiter not in DELIMITERS:
            raise Invalid("Fields are delimited by , ; | or a tabulator.", field="delimiter")
        if self.unknown not in UNKNOWN_SUBJECTS:
            raise Invalid(f"Unknown users are one of {', '.join(UNKNOWN_SUBJECTS)}.", field="unknown_users")
        if self.mutator_id is None and self.format != USERCLOUDS:
            raise Invalid("mutator_id is required.", field="mutator_id")
        if len(self.columns) > _MOST_FIELDS or len(self.selector) > _MOST_FIELDS:
            raise Invalid(f"A record has at most {_MOST_FIELDS} fields.", field="columns")

    @property
    def creates(self) -> bool:
        """Whether users that are not there yet are created."""
        return self.unknown == NEWCOMERS

    def written(self) -> str:
        """As text, to be sealed."""
        told: dict[str, Any] = {
            "mutator": self.mutator_id,
            "format": self.format,
            "delimiter": self.delimiter,
            "columns": self.columns,
            "selector": self.selector,
            "purposes": self.purposes,
            "unknown": self.unknown,
            "address": self.context.address,
            "claimed": self.context.claimed,
            "text_version": self.consent.text_version,
            "until": self.consent.until,
        }
        return orjson.dumps(told).decode()


def instructions_of(row: Import) -> Instructions:
    """What an import was asked to do; the record of every call says where it came from."""
    if row.instructions is None:
        raise TypeError("every import has instructions")
    told = orjson.loads(row.instructions.reveal())
    until = datetime.fromisoformat(told["until"]) if told["until"] else None
    return Instructions(
        mutator_id=UUID(told["mutator"]) if told["mutator"] else None,
        format=told["format"],
        delimiter=told["delimiter"],
        columns=told["columns"],
        selector=tuple(told["selector"]),
        purposes=tuple(map(UUID, told["purposes"])),
        unknown=told["unknown"],
        context=CallContext(told["address"], told["claimed"], via=f"import {row.pk}"),
        consent=ConsentTerms(told["text_version"], until),
    )
