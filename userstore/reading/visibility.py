"""How much a caller is shown of each column: rules compiled once per epoch, the strictest that applies holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from governance.identities import CLIENT, Caller
from governance.standing import Standing
from userstore.levels import Shown, strictest_of
from userstore.models import AccessorColumn
from userstore.models.accessors import MASKED, NONE, PLAIN
from userstore.transforming.compilation import CompiledTransformer, transformer_of


@dataclass(frozen=True, slots=True)
class Visibility:
    """The rules of one output column."""

    default: Shown
    by_group: Mapping[int, Shown]
    by_client: Mapping[UUID, Shown]
    mask: CompiledTransformer | None
    oneself: str = NONE
    """What the person themself is shown."""
    takes_code: bool = False

    def shown_to(self, caller: Caller) -> Shown:
        """Return the strictest of the rules that name the caller; the default where none does."""
        if caller.kind == CLIENT:
            return self.by_client.get(caller.id, self.default)
        applying = [self.by_group[group] for group in caller.group_ids if group in self.by_group]
        return strictest_of(applying) if applying else self.default

    def possible(self, level: str) -> str:
        """Return a level, or nothing where it is masked and there is no mask."""
        return NONE if level == MASKED and self.mask is None else level


def levels_for(caller: Caller, columns: Sequence[Visibility | None]) -> tuple[str, ...]:
    """Return the level of each output column in rows for this caller."""
    return tuple(each.possible(each.shown_to(caller).level) if each else PLAIN for each in columns)


def levels_on_demand(caller: Caller, columns: Sequence[Visibility | None]) -> tuple[str, ...]:
    """Return the level of each output column for this caller when one person's record is unmasked."""
    return tuple(each.possible(each.shown_to(caller).on_demand) if each else PLAIN for each in columns)


def levels_for_oneself(columns: Sequence[Visibility | None]) -> tuple[str, ...]:
    """Return the level of each output column for the person it is about: nothing where no rule says otherwise."""
    return tuple(each.possible(each.oneself) if each else NONE for each in columns)


def visibility_of(standing: Standing, row: AccessorColumn) -> Visibility | None:
    """Compile the rules of a stored output column; None where it has none."""
    if not row.default_visibility:
        return None
    rules = list(row.visibility_rules.select_related("client"))
    return Visibility(
        Shown(row.default_visibility, row.default_on_demand),
        {rule.group_id: Shown(rule.level, rule.on_demand) for rule in rules if rule.group_id is not None},
        {rule.client.public_id: Shown(rule.level, rule.on_demand) for rule in rules if rule.client},
        transformer_of(standing, row.mask) if row.mask else None,
        row.shown_to_oneself,
        row.takes_code,
    )
