"""Who can reach personal data of a category with the person's code: whoever may act for people on the phone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.contrib.auth.models import Group

from governance.breakglass.terms import terms_of
from governance.errors import Invalid
from governance.identities import Caller
from governance.people import operators_of
from governance.rights import effective_rights, rights_allowing
from governance.standing import Standing, StandingRight
from keyring.walls import in_environment
from userstore.actions.builtin import GET_USERS
from userstore.models import Accessor
from userstore.reach_paths import ReachedColumn, ReachPath
from userstore.reading.outputs import Output
from userstore.reading.plan import AccessorPlan, accessor_plan
from userstore.transforming.compilation import UNCHANGED


def paths_by_code(standing: Standing, category: str, now: datetime) -> dict[Caller, list[ReachPath]]:
    """Return the operators who could open columns of a category by a person's code now, with every path to them."""
    with in_environment(standing.environment_id):
        plans = [plan for plan in _taking_codes(standing) if _shown(plan, category)]
        operators = operators_of(standing.environment_id) if plans else []
        groups = _groups(standing) if plans else {}
    found = {}
    for operator in operators:
        paths = [
            ReachPath(right.id, "code", groups.get(right.id), right.not_after, plan.public_id, plan.name, columns)
            for plan in plans
            for columns in [_shown(plan, category)]
            for right in _rights_to_act(operator, plan, now)
        ]
        if paths:
            found[operator] = paths
    return found


def _taking_codes(standing: Standing) -> Iterator[AccessorPlan]:
    """The accessors that find people by their ids, have a column that takes codes, and stand under an access rule."""
    rows = Accessor.objects.filter(life_cycle_state="live", columns__takes_code=True).exclude(public_id=GET_USERS)
    for row in rows.order_by("name"):
        plan = accessor_plan(standing, row.public_id)
        if plan.selects_by_id and _has_terms(plan):
            yield plan


def _has_terms(plan: AccessorPlan) -> bool:
    try:
        terms_of(plan.public_id)
    except Invalid:
        return False
    return True


def _shown(plan: AccessorPlan, category: str) -> tuple[ReachedColumn, ...]:
    outputs = plan.for_oneself().outputs
    return tuple(ReachedColumn(o.column.name, _through(o)) for o in outputs if o.column.pii_category == category)


def _through(output: Output) -> str | None:
    return None if output.transformer is UNCHANGED else output.transformer.name


def _rights_to_act(operator: Caller, plan: AccessorPlan, now: datetime) -> list[StandingRight]:
    """The rights to ask for access through an accessor; none where reading is denied, or for programs alone."""
    standing, resource = plan.standing, plan.ask.resource
    reading = effective_rights(standing=standing, caller=operator, operation="read", resource=resource, now=now)
    if reading.denied_by or reading.is_reserved:
        return []
    return rights_allowing(standing=standing, caller=operator, operation="request", resource=resource, now=now)


def _groups(standing: Standing) -> dict[str, str]:
    """The names of groups by the rights that they hold."""
    names = dict(Group.objects.filter(pk__in=list(standing.group_rights)).values_list("pk", "name"))
    return {right.id: names.get(group, "") for group, rights in standing.group_rights.items() for right in rights}
