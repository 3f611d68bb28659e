"""Defining, changing and retiring the terms of temporary access."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID, uuid4

from django.contrib.auth.models import Group

from governance import events
from governance.actions.change import configuration_change
from governance.actions.names import checked_name
from governance.breakglass.guards import EMERGENCY_MINUTES
from governance.catalogue import exists
from governance.drafts.draftable import draftable
from governance.errors import Conflict, Invalid, NotFound
from governance.identities import Caller
from governance.models import AccessRule


@dataclass(frozen=True, slots=True)
class RuleTerms:
    """What a rule demands; as the columns of `AccessRule`."""

    approvals: int = 1
    longest_minutes: int = 60
    ceiling_minutes: int = 180
    decide_within_minutes: int = 24 * 60
    begin_within_minutes: int = 8 * 60
    most_subjects: int = 1
    factor_minutes: int | None = 5
    needs_ticket: bool = True
    emergency_minutes: int = EMERGENCY_MINUTES
    emergencies_per_week: int = 2
    review_percent: int = 5
    review_within_hours: int = 72

    def check(self) -> None:
        """Raise `Invalid` where they make no sense; names the field."""
        for name in ("approvals", "longest_minutes", "decide_within_minutes", "begin_within_minutes", "most_subjects"):
            if getattr(self, name) < 1:
                raise Invalid("This is one at least.", field=name)
        for name in ("emergency_minutes", "emergencies_per_week", "review_within_hours"):
            if getattr(self, name) < 0:
                raise Invalid("This is not below nothing.", field=name)
        if self.approvals > 9:
            raise Invalid("Nine approvals are the most.", field="approvals")
        if self.ceiling_minutes < self.longest_minutes:
            raise Invalid("The ceiling is not below the longest access.", field="ceiling_minutes")
        if self.emergency_minutes > EMERGENCY_MINUTES:
            raise Invalid(f"An emergency lasts up to {EMERGENCY_MINUTES} minutes.", field="emergency_minutes")
        if not 0 <= self.review_percent <= 100:
            raise Invalid("A share is 0 to 100 percent.", field="review_percent")
        if self.factor_minutes is not None and self.factor_minutes < 1:
            raise Invalid("A second factor is fresh for a minute at least.", field="factor_minutes")


@draftable
def define_access_rule(
    caller: Caller,
    *,
    name: str,
    terms: RuleTerms,
    accessor_id: UUID | None = None,
    emergency_group: Group | None = None,
    public_id: UUID | None = None,
) -> AccessRule:
    """Define terms for one accessor, or for every one.

    Raises:
        Invalid, NotFound: bad name or terms, no such accessor.
        Conflict: the name is taken.
    """
    name = checked_name(name, what="access rule")
    terms.check()
    with configuration_change(caller, events.ACCESS_RULE_DEFINED) as change:
        _must_be_free(name)
        _must_be_there(accessor_id, caller.environment_id)
        rule = AccessRule.objects.create(
            environment_id=caller.environment_id,
            public_id=public_id or uuid4(),
            name=name,
            accessor_id=accessor_id,
            emergency_group=emergency_group,
            **asdict(terms),
        )
        change.facts.update(_facts(rule, terms))
    return rule


@draftable
def change_access_rule(
    caller: Caller,
    *,
    public_id: UUID,
    name: str,
    terms: RuleTerms,
    accessor_id: UUID | None = None,
    emergency_group: Group | None = None,
) -> AccessRule:
    """Change terms; what was granted before stays as it was granted. Raises as `define_access_rule`."""
    name = checked_name(name, what="access rule")
    terms.check()
    with configuration_change(caller, events.ACCESS_RULE_CHANGED) as change:
        rule = _rule(public_id)
        if name.lower() != rule.name.lower():
            _must_be_free(name)
        _must_be_there(accessor_id, caller.environment_id)
        rule.name, rule.accessor_id, rule.emergency_group = name, accessor_id, emergency_group
        for term, value in asdict(terms).items():
            setattr(rule, term, value)
        rule.save()
        change.facts.update(_facts(rule, terms))
    return rule


@draftable
def retire_access_rule(caller: Caller, *, public_id: UUID) -> None:
    """Retire terms. Where no rule is left nobody can ask, and nothing that waits can be activated."""
    with configuration_change(caller, events.ACCESS_RULE_RETIRED) as change:
        rule = _rule(public_id)
        change.facts.update(rule=rule.public_id, name=rule.name, accessor=rule.accessor_id)
        rule.delete()


def _rule(public_id: UUID) -> AccessRule:
    found = AccessRule.objects.select_for_update().filter(public_id=public_id).first()
    if found is None:
        raise NotFound("There is no such access rule.", field="id")
    return found


def _must_be_free(name: str) -> None:
    existing = AccessRule.objects.filter(name__iexact=name).first()
    if existing is not None:
        raise Conflict(f"There is an access rule named {existing.name}.", existing_id=existing.public_id, field="name")


def _must_be_there(accessor_id: UUID | None, environment_id: UUID) -> None:
    if accessor_id and not exists(kind="accessor", public_id=accessor_id, environment_id=environment_id):
        raise NotFound("There is no such accessor.", field="accessor_id")


def _facts(rule: AccessRule, terms: RuleTerms) -> dict[str, Any]:
    said = [f"{name}={value}" for name, value in asdict(terms).items()]
    return {
        "rule": rule.public_id,
        "name": rule.name,
        "accessor": rule.accessor_id,
        "terms": [*said, f"emergency_group={rule.emergency_group_id}"],
    }
