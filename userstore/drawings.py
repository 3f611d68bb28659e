"""How the definitions of the store look in the picture of an environment's configuration."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from governance.drafts.drawings import Drawing
from governance.models import Client
from keyring.kinds import KeyKind
from keyring.models import WrappedKey
from userstore.models import (
    Accessor,
    AccessorColumn,
    Column,
    DataTypeDefinition,
    Mutator,
    MutatorColumn,
    RetentionDuration,
    Transformer,
    VisibilityRule,
)
from userstore.models.accessors import AccessorPurpose
from userstore.models.mutators import MutatorPurpose
from userstore.retention.settings import STATE_NAMES


def _column(part: Any) -> str:
    return str(part.column.name)


def _rule(part: VisibilityRule) -> str:
    of = f"group {part.group.name}" if part.group else f"client {part.client}"
    return f"of {part.output.column.name} for {of}"


def _purpose(part: Any) -> str:
    return str(part.purpose.name)


def _kept(row: RetentionDuration) -> str:
    of = f" of {row.column.name}" if row.column else ""
    towards = f" for {row.purpose.name}" if row.purpose else ""
    return f"{STATE_NAMES[row.state]} values{of}{towards}"


def _of_clients(keys: QuerySet[Any]) -> QuerySet[Any]:
    return keys.filter(kind=KeyKind.SERVICE.value)


def _sealing_key(key: WrappedKey) -> str:
    name = Client.objects.filter(public_id=key.scope).values_list("name", flat=True).first()
    return f"version {key.version} for sealing of client {name or key.scope}"


DRAWINGS = (
    Drawing(DataTypeDefinition),
    Drawing(Transformer),
    Drawing(Column, left_out=frozenset({"is_index_settled"})),
    Drawing(Accessor),
    Drawing(AccessorColumn, named_by=_column, part_of="accessor", left_out=frozenset({"column"}), related=("column",)),
    Drawing(
        AccessorPurpose, named_by=_purpose, part_of="accessor", left_out=frozenset({"purpose"}), related=("purpose",)
    ),
    Drawing(
        VisibilityRule,
        named_by=_rule,
        part_of="output",
        left_out=frozenset({"group", "client"}),
        related=("group", "client", "output__column"),
    ),
    Drawing(Mutator),
    Drawing(MutatorColumn, named_by=_column, part_of="mutator", left_out=frozenset({"column"}), related=("column",)),
    Drawing(
        MutatorPurpose, named_by=_purpose, part_of="mutator", left_out=frozenset({"purpose"}), related=("purpose",)
    ),
    Drawing(
        WrappedKey,
        named_by=_sealing_key,
        left_out=frozenset({"environment_id", "kind", "scope", "version", "wrapped"}),
        only=_of_clients,
    ),
    Drawing(RetentionDuration, named_by=_kept, left_out=frozenset({"state"}), related=("column", "purpose")),
)
