"""What of governance is compared with the book."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from audit.queries import EntryView
from audit.reconciling import Ledger
from governance import events
from governance.breakglass.machines import (
    ACTIVE,
    APPROVED,
    CANCELLED,
    DECLARED,
    DENIED,
    EXPIRED,
    LAPSED,
    NEEDS_INFO,
    PENDING,
    READY,
    RELINQUISHED,
    REVOKED,
    SUSPENDED,
    UNUSED,
)  # fmt: skip
from governance.models import AccessRequest, Delegation, Environment, Grant, GroupRight, Revision, Right


def environments() -> list[UUID]:
    """Return the ids of all environments."""
    return list(Environment.objects.order_by("pk").values_list("pk", flat=True))


def versions_ledger(kind: str, *, published: str, fact: str) -> Ledger:
    """Compare the published versions of one kind of definition: every one has its entry, and back."""

    def traces(**filters: object) -> Iterable[str]:
        rows = Revision.objects.filter(kind=kind, **filters).values_list("public_id", "version")
        return [f"{public_id} version {version}" for public_id, version in rows]

    return Ledger(
        name=f"{kind} versions",
        kinds=frozenset({published}),
        told=lambda entries: [f"{each.facts[fact]} version {each.facts['version']}" for each in entries],
        kept=traces,
        furnished=lambda: traces(published_by=None),
    )


def _rights_told(entries: Iterable[EntryView]) -> Iterable[str]:
    """Return the rights that were given and not withdrawn."""
    given: Counter[str] = Counter()
    for each in entries:
        given[each.facts["right"]] += 1 if each.kind == events.RIGHT_GIVEN.name else -1
    return given.elements()


def _rights_kept() -> Iterable[str]:
    return [
        *(f"account-right-{pk}" for pk in Right.objects.values_list("pk", flat=True)),
        *(f"group-right-{pk}" for pk in GroupRight.objects.values_list("pk", flat=True)),
    ]


_REQUEST_BEGINS = {events.ACCESS_REQUESTED.name: PENDING, events.EMERGENCY_DECLARED.name: DECLARED}
_GRANT_BEGINS = {events.REQUEST_APPROVED.name: READY, events.EMERGENCY_DECLARED.name: ACTIVE}
_ENDS = {
    events.REQUEST_DENIED.name: DENIED,
    events.REQUEST_CANCELLED.name: CANCELLED,
    events.REQUEST_LAPSED.name: LAPSED,
    events.GRANT_REVOKED.name: REVOKED,
    events.GRANT_RELINQUISHED.name: RELINQUISHED,
    events.GRANT_EXPIRED.name: EXPIRED,
    events.GRANT_UNUSED.name: UNUSED,
}
_STOPS = {
    events.REQUEST_ASKED_BACK.name: 1,
    events.REQUEST_ANSWERED.name: -1,
    events.GRANT_SUSPENDED.name: 1,
    events.GRANT_RESUMED.name: -1,
}
"""Steps that stop something until it goes on, and those by which it goes on."""


@dataclass(slots=True)
class _Life:
    """What entries say of one request or grant. Their order is not asked for: each step has its own."""

    began: str = ""
    went_on: str = ""
    ended: str = ""
    stops: int = 0
    steps: int = 0

    def state(self, stopped: str) -> str:
        return self.ended or (stopped if self.stops > 0 else self.went_on or self.began)


def _requests_told(entries: Iterable[EntryView]) -> Iterable[str]:
    lives: defaultdict[str, _Life] = defaultdict(_Life)
    for each in entries:
        life = _noted(lives[each.facts["request"]], each, _REQUEST_BEGINS)
        if each.kind == events.REQUEST_APPROVED.name and each.facts["state"] == APPROVED:
            life.ended = APPROVED
    return _moved((one, life.state(NEEDS_INFO), life.steps) for one, life in lives.items())


def _grants_told(entries: Iterable[EntryView]) -> Iterable[str]:
    lives: defaultdict[str, _Life] = defaultdict(_Life)
    for each in entries:
        if each.facts.get("grant") is None:  # an approval that was not the last one
            continue
        life = _noted(lives[each.facts["grant"]], each, _GRANT_BEGINS)
        if each.kind == events.GRANT_ACTIVATED.name:
            life.went_on = ACTIVE
    return _moved((one, life.state(SUSPENDED), life.steps) for one, life in lives.items())


def _noted(life: _Life, entry: EntryView, begins: Mapping[str, str]) -> _Life:
    """Count a step. What begins a grant is a step of its request, and the first one of its own."""
    life.steps += 1
    life.began = begins.get(entry.kind, life.began)
    life.ended = _ENDS.get(entry.kind, life.ended)
    life.stops += _STOPS.get(entry.kind, 0)
    return life


def _moved(rows: Iterable[tuple[object, str, int]]) -> Iterable[str]:
    return [f"{pk} {state} after {version} steps" for pk, state, version in rows]


def _delegations_told(entries: Iterable[EntryView]) -> Iterable[str]:
    made, taken = set(), set()
    for each in entries:
        made.add(each.facts["delegation"])
        if each.kind == events.DELEGATION_TAKEN.name:
            taken.add(each.facts["delegation"])
    return [*made, *(f"{one} taken" for one in taken)]


def _delegations_kept() -> Iterable[str]:
    rows = list(Delegation.objects.values_list("pk", "taken_at"))
    return [*(str(pk) for pk, _ in rows), *(f"{pk} taken" for pk, taken_at in rows if taken_at)]


def _names(*kinds: object) -> frozenset[str]:
    return frozenset(map(str, kinds))


LEDGERS = (
    Ledger("rights", _names(events.RIGHT_GIVEN, events.RIGHT_WITHDRAWN), _rights_told, _rights_kept),
    Ledger(
        "requests of access",
        _names(
            events.ACCESS_REQUESTED, events.EMERGENCY_DECLARED, events.REQUEST_ASKED_BACK, events.REQUEST_ANSWERED,
            events.REQUEST_APPROVED, events.REQUEST_DENIED, events.REQUEST_CANCELLED, events.REQUEST_LAPSED,
        ),
        _requests_told,
        lambda: _moved(AccessRequest.objects.values_list("pk", "state", "version")),
    ),
    Ledger(
        "grants of access",
        _names(
            events.REQUEST_APPROVED, events.EMERGENCY_DECLARED, events.GRANT_ACTIVATED, events.GRANT_SUSPENDED,
            events.GRANT_RESUMED, events.GRANT_REVOKED, events.GRANT_RELINQUISHED, events.GRANT_EXPIRED,
            events.GRANT_UNUSED,
        ),
        _grants_told,
        lambda: _moved(Grant.objects.values_list("pk", "state", "version")),
    ),
    Ledger(
        "delegations",
        _names(events.DELEGATION_OFFERED, events.DELEGATION_ACCEPTED, events.DELEGATION_TAKEN),
        _delegations_told,
        _delegations_kept,
    ),
    versions_ledger("policy_template", published=events.TEMPLATE_PUBLISHED.name, fact="template"),
    versions_ledger("access_policy", published=events.POLICY_PUBLISHED.name, fact="policy"),
)  # fmt: skip
"""Rights, temporary access and its delegations, and published policies."""
