"""Rights, held to an oracle that reads the rule aloud: deny wins, nothing by default, the clock decides."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from hypothesis import event, given, settings
from hypothesis import strategies as st

from governance.identities import Caller
from governance.rights import Resource, effective_rights, holds_any_right
from governance.standing import Standing, StandingRight

ENVIRONMENT, ACCOUNT, STRANGER = UUID(int=1), UUID(int=2), UUID(int=3)
NOON = datetime(2031, 5, 17, 12, tzinfo=UTC)
MOMENTS = st.none() | st.integers(-2, 2).map(lambda hours: NOON + timedelta(hours=hours))
OPERATIONS = st.sampled_from(["read", "write"])
OBJECTS = st.sampled_from([("environment", str(ENVIRONMENT)), ("accessor", "7"), ("accessor", "8"), ("mutator", "7")])
HOLDERS = st.sampled_from([ACCOUNT, STRANGER, 1, 2, 3])
"""Two accounts and three groups; the caller is one account in groups 1 and 2."""


@st.composite
def rights(draw: st.DrawFn) -> tuple[UUID | int, StandingRight]:
    kind, pk = draw(OBJECTS)
    is_deny = draw(st.booleans())
    right = StandingRight(
        id=f"right-{uuid4()}",
        operation=draw(OPERATIONS),
        resource_kind=kind,
        object_pk=pk,
        not_before=draw(MOMENTS),
        not_after=draw(MOMENTS),
        quota_per_hour=None if is_deny else draw(st.none() | st.integers(0, 5)),
        is_deny=is_deny,
    )
    return draw(HOLDERS), right


def standing_with(held: list[tuple[UUID | int, StandingRight]]) -> Standing:
    return Standing(
        environment_id=ENVIRONMENT,
        environment_name="test",
        epoch=1,
        is_protected=False,
        is_synthetic=True,
        clients={},
        purposes={},
        purposes_by_name={},
        purposes_by_number={},
        freezes=frozenset(),
        account_rights={h: tuple(r for o, r in held if o == h) for h, _ in held if isinstance(h, UUID)},
        group_rights={h: tuple(r for o, r in held if o == h) for h, _ in held if isinstance(h, int)},
    )


CALLER = Caller("operator", ACCOUNT, ACCOUNT, ENVIRONMENT, "support", frozenset({1, 2}))


def in_force(right: StandingRight, now: datetime) -> bool:
    begun = right.not_before is None or right.not_before <= now
    return begun and (right.not_after is None or now < right.not_after)


@settings(max_examples=1000)
@given(st.lists(rights(), max_size=8), OPERATIONS, OBJECTS, st.integers(-3, 3))
def test_rights_allow_exactly_what_the_oracle_allows(
    held: list[tuple[UUID | int, StandingRight]], operation: str, target: tuple[str, str], hours: int
) -> None:
    now = NOON + timedelta(hours=hours)
    kind, pk = target
    resource = Resource(kind, ENVIRONMENT if kind == "environment" else int(pk), uuid4())
    verdict = effective_rights(
        standing=standing_with(held), caller=CALLER, operation=operation, resource=resource, now=now
    )
    relevant = [
        right
        for holder, right in held
        if holder in (ACCOUNT, 1, 2)
        and right.operation == operation
        and right.resource_kind in ("environment", kind)
        and right.object_pk in (str(ENVIRONMENT), pk)
        and in_force(right, now)
    ]
    denied = any(right.is_deny for right in relevant)
    event(f"denied={denied} relevant={min(len(relevant), 3)}")
    assert verdict.allowed is (bool(relevant) and not denied)
    assert (verdict.denied_by is not None) is denied
    if verdict.allowed:
        quotas = [right.quota_per_hour for right in relevant]
        assert verdict.quota == (None if None in quotas else max(q for q in quotas if q is not None))
        assert verdict.allowed_by in {right.id for right in relevant if right.quota_per_hour == verdict.quota}


@settings(max_examples=300)
@given(st.lists(rights(), max_size=5), st.integers(-3, 3))
def test_whoever_holds_any_right_in_force_is_somebody_and_a_denial_is_no_right(
    held: list[tuple[UUID | int, StandingRight]], hours: int
) -> None:
    now = NOON + timedelta(hours=hours)
    expected = any(holder in (ACCOUNT, 1, 2) and not right.is_deny and in_force(right, now) for holder, right in held)
    assert holds_any_right(standing=standing_with(held), caller=CALLER, now=now) is expected


def test_a_right_holds_from_its_first_moment_to_just_before_its_last() -> None:
    right = StandingRight(
        "r", "read", "environment", str(ENVIRONMENT), NOON, NOON + timedelta(hours=1), None, is_deny=False
    )
    standing = standing_with([(ACCOUNT, right)])

    def allowed(now: datetime) -> bool:
        resource = Resource("environment", ENVIRONMENT, ENVIRONMENT)
        return effective_rights(standing=standing, caller=CALLER, operation="read", resource=resource, now=now).allowed

    tick = timedelta(microseconds=1)
    assert [allowed(NOON - tick), allowed(NOON), allowed(NOON + timedelta(hours=1) - tick)] == [False, True, True]
    assert not allowed(NOON + timedelta(hours=1))
