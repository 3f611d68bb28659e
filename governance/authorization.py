"""May this caller make this call? Only `authorize` makes a clearance; everything else refuses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from typing import ParamSpec, TypeVar
from uuid import UUID

from audit.bodies import time_ordered_id
from audit.integrity.state import against
from governance import quotas
from governance.delegation.handed import delegation_of, handed_on
from governance.errors import EpochMoved, Refused
from governance.identities import SYSTEM, Caller
from governance.rights import Resource, Verdict, effective_grant, effective_rights, holds_any_right, why_not_allowed
from governance.standing import Standing, StandingGrant, fresh_standing_of, standing_of
from governance.stopping import clients_stopped_by
from governance.using import note_use

P = ParamSpec("P")
R = TypeVar("R")
_ATTEMPTS = 4
_SEAL = object()
UNFROZEN_OPERATIONS = frozenset({"configure", "audit", "consent", "erase"})
"""What a freeze does not stop: it must be possible to lift it, to read the book, to withdraw consent and to erase.

Others must be able to. A frozen client, whose secret may be stolen, does none of it: it would lift its own freeze.
"""
SYSTEM_OPERATIONS = frozenset({"configure", "audit"})


@dataclass(frozen=True, slots=True)
class Ask:
    """What a call wants: an operation on a resource, for purposes, touching columns (public ids).

    `units`: how much of an hour's quota it takes.
    """

    operation: str
    resource: Resource
    purposes: tuple[UUID, ...] = ()
    columns: tuple[UUID, ...] = ()
    units: int = 1
    grant: UUID | None = None
    """The grant that the call is made under; None: a right, or, where there is none, whichever grant there is."""
    also: tuple[str, ...] = ()
    """Further operations on the resource that the call takes rights to; no grant gives them."""


class Clearance:
    """The proof that one call was allowed under one epoch. Only `authorize` can make it."""

    __slots__ = ("ask", "caller", "decision_id", "grant", "reasons", "standing")

    def __init__(
        self,
        *,
        caller: Caller,
        ask: Ask,
        standing: Standing,
        reasons: tuple[str, ...],
        seal: object,
        grant: StandingGrant | None = None,
    ) -> None:
        if seal is not _SEAL:
            raise TypeError("a clearance is made by authorize(), nowhere else")
        self.caller = caller
        self.ask = ask
        self.standing = standing
        self.reasons = reasons
        self.grant = grant
        self.decision_id = time_ordered_id(datetime.now(UTC))  # its index in the book grows at the end

    @property
    def environment_id(self) -> UUID:
        return self.standing.environment_id

    @property
    def lent(self) -> dict[str, UUID]:
        """What the record of the call says of access that is not the caller's own for good."""
        told = {"grant": self.grant.id} if self.grant is not None else {}
        return told | delegation_of(self.caller)

    def expect_epoch(self, epoch: int | None) -> None:
        """Compare with the epoch that came with the data; a difference means the call must be decided again."""
        if epoch != self.standing.epoch:
            raise EpochMoved(epoch)


def authorize(caller: Caller, ask: Ask, *, standing: Standing, now: datetime) -> Clearance:
    """Allow a call or refuse it: environment, client, freezes, rights and quota, in this order.

    Raises:
        Refused: with a decision id and the reasons, most specific first.
        LimitUnknown: a quota could not be counted.
    """
    if caller.environment_id != standing.environment_id:
        raise refusal("environment: the caller belongs to another one")
    if caller.delegated is not None:
        return _by_delegation(caller, ask, standing=standing, now=now)
    if caller.kind == SYSTEM and ask.operation in SYSTEM_OPERATIONS:
        return Clearance(caller=caller, ask=ask, standing=standing, reasons=("system",), seal=_SEAL)
    stopped = _stopped_by(caller, ask, standing, now)
    if stopped:
        raise refusal(*stopped)
    verdict = effective_rights(
        standing=standing, caller=caller, operation=ask.operation, resource=ask.resource, now=now
    )
    _must_not_be_against(verdict, ask.operation, ask)
    for operation in ask.also:
        _must_also_hold(operation, caller, ask, standing=standing, now=now)
    if not verdict.allowed or ask.grant is not None:
        return _by_grant(caller, ask, standing=standing, now=now)
    _spend(verdict, ask, standing=standing, now=now)
    return Clearance(caller=caller, ask=ask, standing=standing, reasons=(f"right: {verdict.allowed_by}",), seal=_SEAL)


def _must_also_hold(operation: str, caller: Caller, ask: Ask, *, standing: Standing, now: datetime) -> None:
    verdict = effective_rights(standing=standing, caller=caller, operation=operation, resource=ask.resource, now=now)
    _must_not_be_against(verdict, operation, ask)
    if not verdict.allowed:
        raise refusal(*why_not_allowed(standing, caller, operation, ask.resource, now))
    _spend(verdict, ask, standing=standing, now=now)


def _must_not_be_against(verdict: Verdict, operation: str, ask: Ask) -> None:
    if verdict.is_reserved:
        raise refusal(f"reserved: {operation} on this {ask.resource.kind} is for programs alone")
    if verdict.denied_by:
        raise refusal(f"right: {verdict.denied_by} denies {operation}")


def _spend(verdict: Verdict, ask: Ask, *, standing: Standing, now: datetime) -> None:
    if verdict.quota is not None and not quotas.spend(
        right_id=str(verdict.allowed_by),
        environment_id=standing.environment_id,
        allowance=verdict.quota,
        now=now,
        units=ask.units,
    ):
        raise refusal(f"quota: {verdict.quota} calls an hour under {verdict.allowed_by} are used up")
    note_use(standing.environment_id, (str(verdict.allowed_by),), now=now)


def _by_grant(caller: Caller, ask: Ask, *, standing: Standing, now: datetime) -> Clearance:
    grant = effective_grant(
        standing=standing,
        caller=caller,
        operation=ask.operation,
        resource=ask.resource,
        purposes=ask.purposes,
        now=now,
        named=ask.grant,
    )
    if grant is None and ask.grant is not None:
        raise refusal(f"grant: {ask.grant} gives no access to this {ask.resource.kind} now")
    if grant is None:
        raise refusal(*why_not_allowed(standing, caller, ask.operation, ask.resource, now))
    if ask.also:
        raise refusal(f"grant: none gives {', '.join(ask.also)}")
    return Clearance(
        caller=caller, ask=ask, standing=standing, reasons=(f"grant: {grant.id}",), seal=_SEAL, grant=grant
    )


def _by_delegation(caller: Caller, ask: Ask, *, standing: Standing, now: datetime) -> Clearance:
    """Allow what the holder of a grant handed on, as far as the client that calls may act for others here."""
    stopped = _stopped_by(caller, ask, standing, now)
    if stopped:
        raise refusal(*stopped)
    found = handed_on(
        standing=standing,
        caller=caller,
        operation=ask.operation,
        resource=ask.resource,
        purposes=ask.purposes,
        also=ask.also,
        named=ask.grant,
        now=now,
    )
    if isinstance(found, str):
        raise refusal(found)
    _spend(found.ceiling, ask, standing=standing, now=now)
    reasons = (f"delegation: {found.id}", f"grant: {found.grant.id}", f"right: {found.ceiling.allowed_by}")
    return Clearance(caller=caller, ask=ask, standing=standing, reasons=reasons, seal=_SEAL, grant=found.grant)


def must_not_be_stopped(caller: Caller, resource: Resource, *, standing: Standing, now: datetime) -> None:
    """Let everybody go on who belongs to the environment and is neither disabled nor frozen, whatever they may do.

    Raises:
        Refused: another environment's caller, a disabled or frozen client, or a program that may not run as it.
    """
    if caller.environment_id != standing.environment_id:
        raise refusal("environment: the caller belongs to another one")
    stopped = _stopped_by(caller, Ask("configure", resource), standing, now)
    if stopped:
        raise refusal(*stopped)
    if caller.delegated is not None:
        raise refusal("delegation: it only reads, through one accessor")


def authorize_seeing(caller: Caller, resource: Resource, *, standing: Standing, now: datetime) -> None:
    """Let whoever holds any right in an environment see what is defined there; names and rules, never values.

    Raises:
        Refused: another environment's caller, a disabled client, or one without any right.
    """
    must_not_be_stopped(caller, resource, standing=standing, now=now)
    if caller.kind != SYSTEM and not holds_any_right(standing=standing, caller=caller, now=now):
        raise refusal("right: none allows anything in this environment")


_ASK_AN_OFFICER = "Quote the decision id to a privacy officer; the record of the refusal names the rule."


def refusal(*reasons: str, remedy: str = _ASK_AN_OFFICER) -> Refused:
    """Make the refusal that a door shows: what was decided, never what the data says."""
    decision_id = time_ordered_id(datetime.now(UTC))
    return Refused("This call is not allowed.", decision_id=decision_id, reasons=reasons, remedy=remedy)


def at_current_epoch(line: Callable[P, R]) -> Callable[P, R]:
    """Run a straight line again when the environment changed under it, and let a refusal stand only if it is current.

    The decorated function takes `caller` or `call` (with `.caller`) as its first argument.
    """

    @wraps(line)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        first = args[0] if args else kwargs.get("caller") or kwargs["call"]
        environment_id = (first if isinstance(first, Caller) else first.caller).environment_id  # type: ignore[attr-defined]  # a call carries its caller
        for attempt in range(_ATTEMPTS):
            try:
                return line(*args, **kwargs)
            except EpochMoved:
                fresh_standing_of(environment_id)
            except Exception as error:
                if attempt == _ATTEMPTS - 1 or not _was_stale(environment_id, error):
                    raise
        raise refusal("epoch: the environment kept changing while the call was being decided")

    return run


def _was_stale(environment_id: UUID, error: Exception) -> bool:
    """Whether an error was decided on facts that have changed since."""
    if getattr(error, "kind", None) not in {"refused", "not_found", "invalid"}:
        return False
    decided_at = standing_of(environment_id).epoch
    return fresh_standing_of(environment_id).epoch != decided_at


def _stopped_by(caller: Caller, ask: Ask, standing: Standing, now: datetime) -> Sequence[str]:
    """Why nothing of this may happen now, whatever the rights say; empty where nothing stops it."""
    stopped = clients_stopped_by(caller, standing, now)
    if stopped:
        return stopped
    if ask.operation in UNFROZEN_OPERATIONS:
        return ()
    if unsealed := against({ask.operation, *ask.also}, now=now):
        return (unsealed,)
    return _frozen(ask, standing) if standing.freezes else ()


def _frozen(ask: Ask, standing: Standing) -> Sequence[str]:
    freezes = standing.freezes
    if whole := environment_freeze(standing):
        return whole
    if (ask.resource.kind, ask.resource.public_id) in freezes:
        return (f"freeze: this {ask.resource.kind}",)
    return frozen_parts(standing, purposes=ask.purposes, columns=ask.columns)[:1]


def environment_freeze(standing: Standing) -> tuple[str, ...]:
    """Say so where the environment is frozen as a whole."""
    is_frozen = ("environment", standing.environment_id) in standing.freezes
    return ("freeze: the environment",) if is_frozen else ()


def frozen_parts(standing: Standing, *, purposes: Sequence[UUID] = (), columns: Sequence[UUID] = ()) -> tuple[str, ...]:
    """Name what is frozen among purposes and columns (public ids)."""
    freezes = standing.freezes
    if not freezes:
        return ()
    named = [
        standing.purposes[p].name if p in standing.purposes else str(p) for p in purposes if ("purpose", p) in freezes
    ]
    return (
        *(f"freeze: purpose {name}" for name in named),
        *(f"freeze: column {column}" for column in columns if ("column", column) in freezes),
    )
