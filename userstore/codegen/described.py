"""What generated code is about: the accessors, mutators and purposes of an environment, without anything of Python."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from governance.identities import Caller
from governance.standing import fresh_standing_of
from keyring.walls import in_environment
from userstore.datatypes import DATA_TYPES
from userstore.definitions import ColumnDefinition, Definitions, definitions_of
from userstore.models import Accessor, Mutator, Transformer
from userstore.models.accessors import AccessorColumn
from userstore.selectors import parse
from userstore.selectors.syntax import And, Array, Clause, Column, Comparison, Not, Operator, Or, Placeholder

TEXT, COMPOSITE, ANYTHING = "string", "composite", "anything"
_PATTERNS = (Operator.LIKE, Operator.ILIKE)


@dataclass(frozen=True, slots=True)
class Field:
    """One value of a row or of a call: its name, the kind of what is stored, and whether there are several."""

    name: str
    kind: str
    is_list: bool


@dataclass(frozen=True, slots=True)
class Method:
    """An accessor or a mutator; of a mutator `adds_single` names the columns whose values come and go one by one."""

    public_id: UUID
    name: str
    version: int
    description: str
    fields: tuple[Field, ...]
    parameters: tuple[Field, ...]
    selector: str
    adds_single: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Described:
    """One environment as generated code sees it; everything by name."""

    environment: str
    purposes: tuple[str, ...]
    accessors: tuple[Method, ...]
    mutators: tuple[Method, ...]


def described(caller: Caller) -> Described:
    """Describe the caller's environment as of now."""
    standing = fresh_standing_of(caller.environment_id)
    definitions = definitions_of(standing)
    with in_environment(caller.environment_id):
        accessors = [_accessor(row, definitions) for row in Accessor.objects.prefetch_related("columns__transformer")]
        mutators = [_mutator(row, definitions) for row in Mutator.objects.prefetch_related("columns")]
    return Described(
        standing.environment_name,
        tuple(sorted(purpose.name for purpose in standing.purposes.values())),
        tuple(sorted(accessors, key=_order)),
        tuple(sorted(mutators, key=_order)),
    )


def _order(method: Method) -> tuple[str, str]:
    return method.name.lower(), method.name


def _accessor(row: Accessor, definitions: Definitions) -> Method:
    columns = sorted(row.columns.all(), key=lambda each: each.ordinal)
    fields = tuple(_output(each, definitions, is_past=row.life_cycle_state != "live") for each in columns)
    return Method(
        row.public_id,
        row.name,
        row.version,
        row.description,
        fields,
        _parameters(row.selector, definitions),
        row.selector,
    )


def _output(row: AccessorColumn, definitions: Definitions, *, is_past: bool) -> Field:
    """One output column. Of what was deleted every old value is kept, so it is always a list."""
    column = definitions.by_pk[row.column_id]
    is_list = column.is_array or (is_past and not column.is_system)
    if row.default_visibility:  # who asks decides whether it is the value, a mask or nothing
        return Field(column.name, TEXT, is_list)
    return Field(column.name, _kind_behind(row.transformer, column), is_list)


def _kind_behind(transformer: Transformer | None, column: ColumnDefinition) -> str:
    if transformer is None or transformer.transform_type == "passthrough":
        # A column's default transformer may stand behind none: then only a text is certain.
        return str(column.data_type.concrete)
    if transformer.tokenizes:
        return TEXT
    native = DATA_TYPES.get(transformer.output_data_type)
    return str(native.concrete) if native else COMPOSITE


def _mutator(row: Mutator, definitions: Definitions) -> Method:
    columns = [definitions.by_pk[each.column_id] for each in sorted(row.columns.all(), key=lambda each: each.ordinal)]
    return Method(
        row.public_id,
        row.name,
        row.version,
        row.description,
        tuple(Field(column.name, str(column.data_type.concrete), column.is_array) for column in columns),
        _parameters(row.selector, definitions),
        row.selector,
        frozenset(column.name for column in columns if column.partial_updates),
    )


def _parameters(selector: str, definitions: Definitions) -> tuple[Field, ...]:
    """One for each placeholder, in order; what is compared with a column has that column's name and kind."""
    parsed = parse(selector)
    known = dict(_compared(parsed.clause, definitions)) if parsed.clause else {}
    return tuple(
        known.get(number, Field(f"value_{number}", ANYTHING, False)) for number in range(1, parsed.placeholders + 1)
    )


def _compared(clause: Clause, definitions: Definitions) -> Iterator[tuple[int, Field]]:
    match clause:
        case Not(part):
            yield from _compared(part, definitions)
        case And(parts) | Or(parts):
            for part in parts:
                yield from _compared(part, definitions)
        case Comparison(left=Column(), right=Placeholder() as place):
            yield place.number, _operand(clause, definitions)
        case Comparison(left=Column(), right=Array(items=items)):
            single = _operand(clause, definitions, is_list=False)
            yield from ((item.number, single) for item in items if isinstance(item, Placeholder))


def _operand(comparison: Comparison, definitions: Definitions, *, is_list: bool | None = None) -> Field:
    assert isinstance(comparison.left, Column)  # noqa: S101  its callers matched it
    name, part = comparison.left.name, comparison.left.field
    column = next((each for each in definitions.by_name.values() if each.name.lower() == name.lower()), None)
    several = comparison.any_of if is_list is None else is_list
    if part is not None:
        return Field(f"{name}_{part}", ANYTHING, several)
    kind = str(column.data_type.concrete) if column and comparison.operator not in _PATTERNS else TEXT
    return Field(name, kind, several)
