"""Who is shown how much of an accessor's column: levels by group and by client, and one mask of the column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.contrib.auth.models import Group

from governance.models import Client
from userstore.actions.methods import found
from userstore.actions.showing import must_mask
from userstore.errors import Invalid
from userstore.levels import NOTHING_SHOWN, Shown
from userstore.models import Accessor, AccessorColumn, Column, Transformer, VisibilityRule
from userstore.models.accessors import LEVELS, MASKED, NONE
from userstore.selectors import parse

FIELD = "columns.visibility"


@dataclass(frozen=True, slots=True)
class VisibilitySpec:
    """Who is shown what of one output column: groups by name, clients by public id.

    `default` is for everybody whom no rule names; None where there are no rules, so that everybody who may read through
    the accessor sees the column. There is one mask: of two masks neither would be the stricter one. `oneself` is what
    the person themself is shown; `takes_code`: their one-time codes go to the address in this column.
    """

    default: Shown | None = NOTHING_SHOWN
    mask: UUID | None = None
    groups: Mapping[str, Shown] = field(default_factory=dict)
    clients: Mapping[UUID, Shown] = field(default_factory=dict)
    oneself: str = NONE
    takes_code: bool = False

    @property
    def every(self) -> Sequence[Shown]:
        """What anybody is shown."""
        default = () if self.default is None else (self.default,)
        return (*default, *self.groups.values(), *self.clients.values())


ADDRESSES = ("email", "string")
"""Data types whose values can be e-mail addresses."""
OPEN = VisibilitySpec(default=None)
"""What a column has that was never given rules; asked for, it takes them away."""


def stored_visibilities(accessor: Accessor) -> dict[UUID, VisibilitySpec]:
    """Return the visibility of every stored column of an accessor, by the column's public id."""
    if accessor._state.adding:
        return {}
    rows = accessor.columns.select_related("column", "mask")
    rows = rows.prefetch_related("visibility_rules__group", "visibility_rules__client")
    return {row.column.public_id: _stored(row) for row in rows}


def _stored(row: AccessorColumn) -> VisibilitySpec:
    if not row.default_visibility:
        return OPEN
    rules = list(row.visibility_rules.all())
    return VisibilitySpec(
        Shown(row.default_visibility, row.default_on_demand),
        row.mask.public_id if row.mask else None,
        {rule.group.name: Shown(rule.level, rule.on_demand) for rule in rules if rule.group},
        {rule.client.public_id: Shown(rule.level, rule.on_demand) for rule in rules if rule.client},
        row.shown_to_oneself,
        row.takes_code,
    )


def visibilities_after(accessor: Accessor, asked: Mapping[UUID, VisibilitySpec | None]) -> dict[UUID, VisibilitySpec]:
    """Return what the columns' visibility will be: what is asked for, or else what is stored."""
    given = {column: visibility for column, visibility in asked.items() if visibility is not None}
    return {**stored_visibilities(accessor), **given}


def keep_outputs(
    outputs: Sequence[AccessorColumn], visibilities: Mapping[UUID, VisibilitySpec], *, selector: str
) -> None:
    """Store output columns with their rules.

    Raises:
        Invalid: a level or a group is unknown, masked has no mask that fits, or the selector would tell of the column.
        NotFound: no such transformer or client.
    """
    _must_take_codes_once(outputs, visibilities)
    for output in outputs:
        _fill(output, visibilities.get(output.column.public_id, OPEN), selector=selector)
    stored = AccessorColumn.objects.bulk_create(outputs)
    VisibilityRule.objects.bulk_create(rule for output in stored for rule in _rules(output, visibilities))


def _fill(output: AccessorColumn, asked: VisibilitySpec, *, selector: str) -> None:
    if asked.default is None:
        if asked.every or asked.mask or asked.oneself != NONE or asked.takes_code:
            raise Invalid("Rules need a default level.", field=f"{FIELD}.default", position=output.ordinal)
        return
    _check_levels(asked.every, position=output.ordinal)
    if asked.oneself not in LEVELS:
        raise Invalid("A level is plain, masked or none.", field=f"{FIELD}.self", position=output.ordinal)
    if asked.mask is not None:
        output.mask = found(Transformer, asked.mask, field=f"{FIELD}.mask")
        must_mask(output.mask, output.column, position=output.ordinal)
    elif asked.oneself == MASKED or any(MASKED in {shown.level, shown.on_demand} for shown in asked.every):
        raise Invalid("A masked level needs a mask.", field=f"{FIELD}.mask", position=output.ordinal)
    _refuse_selecting(output.column, selector, position=output.ordinal)
    output.default_visibility, output.default_on_demand = asked.default.level, asked.default.on_demand
    output.shown_to_oneself, output.takes_code = asked.oneself, asked.takes_code


def _must_take_codes_once(outputs: Sequence[AccessorColumn], visibilities: Mapping[UUID, VisibilitySpec]) -> None:
    taking = [each for each in outputs if visibilities.get(each.column.public_id, OPEN).takes_code]
    if len(taking) > 1:
        raise Invalid("One column takes codes.", field=f"{FIELD}.takes_code", position=taking[1].ordinal)
    for output in taking:
        if output.column.data_type not in ADDRESSES or output.column.is_array:
            raise Invalid(
                f"Column {output.column.name} holds no e-mail address.",
                field=f"{FIELD}.takes_code",
                position=output.ordinal,
                remedy=f"Name a column of {' or '.join(ADDRESSES)} that is no array.",
            )


def _check_levels(every: Sequence[Shown], *, position: int) -> None:
    if not all(shown.is_known for shown in every):
        raise Invalid("A level is plain, masked or none.", field=FIELD, position=position)
    if not all(shown.shows_more_on_demand for shown in every):
        raise Invalid("On demand nobody is shown less than without.", field=f"{FIELD}.on_demand", position=position)


def _refuse_selecting(column: Column, selector: str, *, position: int) -> None:
    """Refuse a selector that reads the column: whom it selects would tell what the row hides."""
    if column.name.lower() in {name.lower() for name in parse(selector).columns}:
        raise Invalid(
            f"Column {column.name} is not shown to everybody, and the selector would tell of its values.",
            field=FIELD,
            position=position,
            remedy="Select by another column, or through an accessor for those who may see it.",
        )


def _rules(output: AccessorColumn, visibilities: Mapping[UUID, VisibilitySpec]) -> Iterator[VisibilityRule]:
    asked = visibilities.get(output.column.public_id, OPEN)
    for name, shown in asked.groups.items():
        group = Group.objects.filter(name=name).first()
        if group is None:
            raise Invalid("There is no such group.", field=f"{FIELD}.rules.group")
        yield _rule(output, shown, group=group)
    for public_id, shown in asked.clients.items():
        yield _rule(output, shown, client=found(Client, public_id, field=f"{FIELD}.rules.client"))


def _rule(output: AccessorColumn, shown: Shown, **named: Any) -> VisibilityRule:
    return VisibilityRule(
        environment_id=output.environment_id, output=output, level=shown.level, on_demand=shown.on_demand, **named
    )


def visibility_body(visibility: VisibilitySpec) -> dict[str, Any]:
    """What a revision keeps of it: nothing where there are no rules."""
    if visibility.default is None:
        return {}
    clients = sorted((str(public_id), *_body(shown)) for public_id, shown in visibility.clients.items())
    return {
        "visibility": {
            "default": _body(visibility.default),
            "mask": str(visibility.mask) if visibility.mask else None,
            "groups": {name: _body(shown) for name, shown in sorted(visibility.groups.items())},
            "clients": [list(each) for each in clients],
            # Absent where they say nothing, as in what was published before they existed.
            **({"oneself": visibility.oneself} if visibility.oneself != NONE else {}),
            **({"takes_code": True} if visibility.takes_code else {}),
        }
    }


def _body(shown: Shown) -> list[str]:
    return [shown.level, shown.on_demand]


def visibility_of_body(body: Mapping[str, Any]) -> VisibilitySpec:
    """Ask for what `visibility_body` wrote down."""
    kept = body.get("visibility")
    if kept is None:
        return OPEN
    return VisibilitySpec(
        Shown(*kept["default"]),
        UUID(kept["mask"]) if kept["mask"] else None,
        {name: Shown(*shown) for name, shown in kept["groups"].items()},
        {UUID(public_id): Shown(*shown) for public_id, *shown in kept["clients"]},
        kept.get("oneself", NONE),
        kept.get("takes_code", False),
    )
