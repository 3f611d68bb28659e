"""Operators coming, going and choosing where they work: each is on record before it takes effect."""

from __future__ import annotations

from uuid import UUID

from audit.actors import ANONYMOUS, Actor
from audit.recorder import append
from governance import events
from governance.identities import OPERATOR
from keyring.walls import SYSTEM_ENVIRONMENT


def record_sign_in(*, account_id: UUID) -> None:
    """Record that an operator signed in; without this record there is no session."""
    append(
        events.SIGNED_IN,
        environment_id=SYSTEM_ENVIRONMENT,
        actor=Actor(OPERATOR, account_id),
        facts={"account": account_id},
    )


def record_refused_sign_in(*, throttled: bool) -> None:
    """Record that somebody tried in vain; the name that was typed is not kept."""
    append(
        events.SIGN_IN_REFUSED,
        environment_id=SYSTEM_ENVIRONMENT,
        actor=ANONYMOUS,
        facts={"throttled": throttled},
        outcome="refused",
    )


def record_sign_out(*, account_id: UUID) -> None:
    """Record that an operator signed out."""
    append(
        events.SIGNED_OUT,
        environment_id=SYSTEM_ENVIRONMENT,
        actor=Actor(OPERATOR, account_id),
        facts={"account": account_id},
    )


def record_chosen_environment(operator: Actor, *, environment_id: UUID) -> None:
    """Record, in the environment itself, that an operator works there from now on."""
    append(
        events.ENVIRONMENT_CHOSEN,
        environment_id=environment_id,
        actor=operator,
        facts={"account": operator.id},
    )
