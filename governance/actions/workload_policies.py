"""Saying which builds may run as a client."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from uuid import UUID

from governance import events
from governance.actions.change import configuration_change
from governance.actions.ci_keys import HIGHEST_LEVEL
from governance.drafts.draftable import draftable
from governance.errors import Invalid, NotFound
from governance.identities import Caller
from governance.issuers import checked_issuer
from governance.models import Client, WorkloadPolicy
from governance.models.provenance import LONGEST_NAME, LONGEST_URI

MOST_LISTED = 50
MODES = (WorkloadPolicy.AUDIT, WorkloadPolicy.ENFORCE)
LONGEST_AGE_HOURS = 24 * 366 * 5


@dataclass(frozen=True, slots=True)
class WorkloadSpec:
    """What a workload policy demands.

    `max_age_hours`: how old a build may be, None for any age. `ci_*`: which jobs of the CI may call by a token of an
    issuer with pinned keys; with no issuer none may.
    """

    mode: str = WorkloadPolicy.AUDIT
    builders: tuple[str, ...] = ()
    repository_ids: tuple[str, ...] = ()
    needs_protected_ref: bool = True
    least_build_level: int = 0
    max_age_hours: int | None = None
    ci_issuer: str = ""
    ci_workflows: tuple[str, ...] = ()
    ci_environments: tuple[str, ...] = ()

    def check(self) -> None:
        """Raise `Invalid` where this makes no sense."""
        if self.mode not in MODES:
            raise Invalid("A workload policy audits or enforces.", field="mode", remedy="Use 'audit' or 'enforce'.")
        for field, longest in _LISTS.items():
            _check_list(getattr(self, field), field, longest)
        if not 0 <= self.least_build_level <= HIGHEST_LEVEL:
            raise Invalid(f"A SLSA build level is a number from 0 to {HIGHEST_LEVEL}.", field="least_build_level")
        if self.max_age_hours is not None and not 1 <= self.max_age_hours <= LONGEST_AGE_HOURS:
            raise Invalid(f"An age is 1 to {LONGEST_AGE_HOURS} hours.", field="max_age_hours")
        if self.ci_issuer:
            checked_issuer(self.ci_issuer)


_LISTS = {
    "builders": LONGEST_URI,
    "repository_ids": LONGEST_NAME,
    "ci_workflows": LONGEST_URI,
    "ci_environments": LONGEST_NAME,
}


@draftable
def set_workload_policy(caller: Caller, *, client_id: UUID, spec: WorkloadSpec) -> WorkloadPolicy:
    """Say which builds may run as a client; it replaces what was said before and acts on the next check.

    Raises:
        Invalid: something in it makes no sense.
        NotFound: there is no such client.
    """
    spec.check()
    with configuration_change(caller, events.WORKLOAD_POLICY_SET) as change:
        client = Client.objects.select_for_update().filter(public_id=client_id).first()
        if client is None:
            raise NotFound("There is no such client in this environment.", field="client_id")
        values = {name: list(value) if name in _LISTS else value for name, value in asdict(spec).items()}
        policy, _ = WorkloadPolicy.objects.update_or_create(
            client=client, defaults=values, create_defaults={**values, "environment_id": caller.environment_id}
        )
        change.facts.update(client=client_id, **{name: value for name, value in values.items() if name in _TOLD})
    return policy


@draftable
def retire_workload_policy(caller: Caller, *, client_id: UUID) -> None:
    """Demand no build of a client any more: its secrets are enough again, and launchers get nothing for it.

    Raises:
        NotFound: there is no such client, or it has no policy.
    """
    with configuration_change(caller, events.WORKLOAD_POLICY_RETIRED) as change:
        policy = WorkloadPolicy.objects.filter(client__public_id=client_id).first()
        if policy is None:
            raise NotFound("This client has no workload policy.", field="client_id")
        change.facts.update(client=client_id, mode=policy.mode)
        policy.delete()


_TOLD = ("mode", "builders", "repository_ids", "needs_protected_ref", "least_build_level", "max_age_hours")


def _check_list(texts: Sequence[str], field: str, longest: int) -> None:
    if len(texts) > MOST_LISTED or len(set(texts)) != len(texts):
        raise Invalid(f"Up to {MOST_LISTED} different entries.", field=field)
    if any(not text.strip() or text != text.strip() or len(text) > longest for text in texts):
        raise Invalid(f"Each entry is a text of 1 to {longest} characters.", field=field)
