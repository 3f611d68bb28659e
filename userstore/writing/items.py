"""Reading the items of a batch that name whom they select: typed and checked, from nothing but the environment's plan.

It touches neither the database nor anything shared, so another thread can do it while this one waits for a commit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from governance.errors import GovernanceError
from userstore.selectors import SelectorError, bind_ids, reads_only_ids
from userstore.writing.changes import ColumnChange, Listed, read_changes
from userstore.writing.execute import refuse_frozen
from userstore.writing.plan import MutatorPlan
from userstore.writing.sheets import BatchItem

Meaning = tuple[Sequence[UUID], list[ColumnChange]]
"""Whom an item selects, and what it wants done."""


@dataclass(frozen=True, slots=True)
class ReadItems:
    """Items as they were read under one plan; for one that makes no sense the reason stands in its place."""

    plan: MutatorPlan
    meanings: Sequence[Meaning | GovernanceError | SelectorError]

    def meaning(self, place: int) -> Meaning:
        """Return what the item at a place means; raise the reason where it means nothing."""
        meaning = self.meanings[place]
        if isinstance(meaning, tuple):
            return meaning
        raise meaning


def is_read_alone(plan: MutatorPlan) -> bool:
    """Whether reading takes the plan alone: selected by id, and no normaliser has anything to compute."""
    return reads_only_ids(plan.selector) and all(target.normalizer.passes_through for target in plan.targets)


def read_items(items: Sequence[BatchItem], plan: MutatorPlan, *, now: datetime) -> ReadItems:
    """Read the items of a mutator that selects by id."""
    listed = Listed()
    meanings: list[Meaning | GovernanceError | SelectorError] = []
    for item in items:
        try:
            ids = bind_ids(plan.selector, item.selector_values)
            changes = read_changes(item.row_data, plan, now=now, listed=listed)
            refuse_frozen(changes, plan.standing)
        except (GovernanceError, SelectorError) as fault:
            meanings.append(fault)
        else:
            meanings.append((ids, changes))
    return ReadItems(plan, meanings)


def reading_of(
    items: Sequence[BatchItem], plan: MutatorPlan, *, now: datetime, ahead: ReadItems | None = None
) -> ReadItems | None:
    """Return what items mean, as it was read ahead if that was under this plan; None: the selector has to be bound."""
    if not reads_only_ids(plan.selector):
        return None
    return ahead if ahead is not None and ahead.plan is plan else read_items(items, plan, now=now)
