"""Under which terms access through an accessor is granted for a while: the strictest of every rule that fits."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models import Q

from governance.errors import Invalid
from governance.models import AccessRule


@dataclass(frozen=True, slots=True)
class AccessTerms:
    """What holds for requests through one accessor."""

    approvals: int
    longest: timedelta
    ceiling: timedelta
    decide_within: timedelta
    begin_within: timedelta
    most_subjects: int
    factor_within: timedelta | None
    """How fresh a second factor has to be; None: none is asked for."""
    needs_ticket: bool
    emergency_groups: frozenset[int] | None
    """Groups, in all of which somebody has to be who declares an emergency; None: nobody may."""
    emergency_longest: timedelta
    emergencies_per_week: int
    review_percent: int
    review_within: timedelta

    def lets_declare(self, group_ids: Collection[int]) -> bool:
        """Whether somebody in these groups may declare an emergency."""
        return self.emergency_groups is not None and self.emergency_groups <= set(group_ids)


def terms_of(accessor_id: UUID) -> AccessTerms:
    """Return the terms for an accessor; must run inside its environment.

    Raises:
        Invalid: no rule fits, so nobody may ask.
    """
    rules = list(AccessRule.objects.filter(Q(accessor_id=None) | Q(accessor_id=accessor_id)))
    if not rules:
        raise Invalid(
            "There is no rule under which access to this could be granted.",
            field="accessor_id",
            remedy="An officer defines an access rule for the environment or the accessor.",
        )
    return _strictest(rules)


def _strictest(rules: Sequence[AccessRule]) -> AccessTerms:
    def least(name: str) -> int:
        return int(min(getattr(rule, name) for rule in rules))

    groups = [rule.emergency_group_id for rule in rules]
    factors = [rule.factor_minutes for rule in rules if rule.factor_minutes is not None]
    return AccessTerms(
        approvals=max(rule.approvals for rule in rules),
        longest=timedelta(minutes=least("longest_minutes")),
        ceiling=timedelta(minutes=least("ceiling_minutes")),
        decide_within=timedelta(minutes=least("decide_within_minutes")),
        begin_within=timedelta(minutes=least("begin_within_minutes")),
        most_subjects=least("most_subjects"),
        factor_within=timedelta(minutes=min(factors)) if factors else None,
        needs_ticket=any(rule.needs_ticket for rule in rules),
        emergency_groups=None if None in groups else frozenset(group for group in groups if group is not None),
        emergency_longest=timedelta(minutes=least("emergency_minutes")),
        emergencies_per_week=least("emergencies_per_week"),
        review_percent=max(rule.review_percent for rule in rules),
        review_within=timedelta(hours=least("review_within_hours")),
    )
