"""Changes of protected environments: proposed by one person, approved and applied, or ended, by another."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from audit.events import EventKind
from audit.recorder import append
from governance import events
from governance.actions.change import clearance_for, refusal_on_record
from governance.actions.clearing import cleared
from governance.authorization import Clearance, refusal
from governance.custody import hands_behind
from governance.drafts.arguments import decoded
from governance.drafts.differences import as_json, basis_of, differences_between, from_json, without_people
from governance.drafts.draftable import draftable_actions
from governance.drafts.modes import SecondPerson, approved_by
from governance.drafts.picture import picture
from governance.drafts.trying import Draft, check_references, drafted
from governance.errors import Conflict, GovernanceError, Invalid, NotFound
from governance.identities import CLIENT, OPERATOR, Caller
from governance.models import ProtectedChange
from governance.people import caller_named
from governance.standing import standings_kept_apart
from keyring.fingerprints import fingerprint
from keyring.walls import in_environment

LONGEST_COMMENT = 2000


class _Stale(GovernanceError):
    """What the change is about is not what it was when it was proposed."""


def propose_change(caller: Caller, *, action: str, arguments: Mapping[str, Any], comment: str = "") -> ProtectedChange:
    """Propose an action in a protected environment, by its name and its arguments as JSON.

    Raises:
        Invalid: no such action, or the action refuses its arguments or would change nothing.
        Refused: the caller may not configure; the refusal is on record.
        Conflict: the environment is not protected, or something stands in the way of the action.
    """
    now = timezone.now()
    clearance = clearance_for(caller, "configure", events.CHANGE_PROPOSED, now=now)
    if caller.via:  # whoever holds the secret of a client behind it could approve it
        with refusal_on_record(events.CHANGE_PROPOSED, caller):
            raise refusal("change: a client proposes in its own name, not invoked by another")
    meant = draftable_actions().get(action)
    if meant is None:
        raise Invalid(
            "No such action can be proposed.", field="action", remedy="GET /governance/changes/actions lists them."
        )
    if not clearance.standing.is_protected:
        raise Conflict("The environment is not protected.", remedy="Make the change itself.")
    with in_environment(caller.environment_id):
        read = decoded(meant, arguments, environment_id=caller.environment_id)
    return keep_draft(drafted(caller, action, meant, read), comment=comment)


def keep_draft(draft: Draft, *, comment: str = "") -> ProtectedChange:
    """Keep a draft that was tried, for a second person to decide on.

    Raises:
        Invalid: the comment is too long.
    """
    if len(comment) > LONGEST_COMMENT:
        raise Invalid(f"At most {LONGEST_COMMENT} characters.", field="comment")
    caller, now, change_id = draft.caller, timezone.now(), uuid4()
    arguments = json.dumps(draft.arguments, ensure_ascii=False)
    differences = as_json(draft.differences)
    hands = _hands_behind(caller, now)
    with in_environment(caller.environment_id):
        change = ProtectedChange(
            id=change_id,
            environment_id=caller.environment_id,
            action=draft.action,
            arguments=arguments,
            differences=differences,
            comment=comment.strip() or None,
            basis=draft.basis,
            author_kind=caller.kind,
            author_id=caller.id,
            spoken_for_by=hands,
            proposed_at=now,
        )
        change.digest = _digest(change, arguments, differences)
        change.save(force_insert=True)
        append(
            events.CHANGE_PROPOSED,
            environment_id=caller.environment_id,
            actor=caller.actor,
            facts={"change": change_id, "action": draft.action, "digest": change.digest},
        )
    return change


def approve_change(caller: Caller, *, change_id: UUID, digest: str) -> ProtectedChange:
    """Approve a change as its second person, and apply it: the very same action, in its author's name, now.

    Both happen in one transaction. Where what the change touches is not what it was when it was proposed, nothing is
    applied and the change is stale; the returned row says which of both happened.

    Args:
        digest: what the approver saw: another one is another change.

    Raises:
        Refused: the approver may not configure, is no person, or is the author, behind whatever client; on record.
        NotFound: there is no such change.
        Conflict: it is decided already, or is not what the approver saw.
    """
    now = timezone.now()
    clearance = clearance_for(caller, "configure", events.CHANGE_APPROVED, now=now)
    with refusal_on_record(events.CHANGE_APPROVED, caller), in_environment(caller.environment_id):
        change = _open_change(change_id)
        _must_be_second_person(caller, change)
        if digest != change.digest or digest != _digest(
            change, _revealed(change.arguments), _revealed(change.differences)
        ):
            raise Conflict("This is not the change that you saw.", remedy="Look at it again.")
        reason = _apply(change, clearance)
        _decide(
            change, caller, state=ProtectedChange.STALE if reason else ProtectedChange.APPLIED, now=now, outcome=reason
        )
        _record(events.CHANGE_STALE if reason else events.CHANGE_APPROVED, change, clearance, reasons=[reason])
    return change


def reject_change(caller: Caller, *, change_id: UUID) -> ProtectedChange:
    """Reject a change, as whoever else may configure the environment.

    Raises:
        Refused: the caller may not configure; on record.
        NotFound: there is no such change.
        Conflict: it is decided already, or is the caller's own, which they withdraw.
    """
    now = timezone.now()
    with cleared(caller, "configure", events.CHANGE_REJECTED, now=now) as clearance:
        change = _open_change(change_id)
        if change.author_id == caller.id:
            raise Conflict("This change is your own.", remedy="Withdraw it.")
        _decide(change, caller, state=ProtectedChange.REJECTED, now=now)
        _record(events.CHANGE_REJECTED, change, clearance)
    return change


def withdraw_change(caller: Caller, *, change_id: UUID) -> ProtectedChange:
    """Withdraw a change of one's own.

    Raises:
        Refused: the caller may not configure; on record.
        NotFound: there is no such change.
        Conflict: it is decided already, or somebody else's.
    """
    now = timezone.now()
    with cleared(caller, "configure", events.CHANGE_WITHDRAWN, now=now) as clearance:
        change = _open_change(change_id)
        if change.author_id != caller.id:
            raise Conflict("This change is somebody else's.", remedy="Reject it.")
        _decide(change, caller, state=ProtectedChange.WITHDRAWN, now=now)
        _record(events.CHANGE_WITHDRAWN, change, clearance)
    return change


def _hands_behind(caller: Caller, now: datetime) -> list[UUID]:
    """Return who could be proposing as a client; none of them approves it."""
    if caller.kind != CLIENT:
        return []
    with refusal_on_record(events.CHANGE_PROPOSED, caller), in_environment(caller.environment_id):
        hands = hands_behind(caller.id, now=now)
        if None in hands:
            raise refusal(
                "change: nobody noted who could speak as the client that proposes",
                remedy="Give the client a new secret, and withdraw its former ones.",
            )
    return sorted(hand for hand in hands if hand is not None)


def _apply(change: ProtectedChange, clearance: Clearance) -> str:
    """Apply a change whole and return an empty text, or leave everything as it is and say why."""
    try:
        with standings_kept_apart(), transaction.atomic():
            _act(change, clearance)
    except _Stale as stale:
        return str(stale)
    except GovernanceError as fault:
        # What the action says may quote what it was given: the kind of the fault is enough for the record.
        return f"It can no longer be applied: {_said(fault)}"
    return ""


def _act(change: ProtectedChange, clearance: Clearance) -> None:
    environment_id = change.environment_id
    author = caller_named(kind=change.author_kind, caller_id=change.author_id, environment_id=environment_id)
    if author is None:
        raise _Stale("Its author may not act any more.")
    action = draftable_actions().get(change.action)
    if action is None:
        raise _Stale("This version of Sealbook has no such action.")
    approver = clearance.caller
    before = picture(environment_id)
    person = SecondPerson(change.id, f"{approver.kind} {approver.id}", clearance.decision_id)
    with approved_by(person):
        action(author, **decoded(action, json.loads(_revealed(change.arguments)), environment_id=environment_id))
    check_references()
    after = picture(environment_id)
    seen = from_json(_revealed(change.differences))
    if differences_between(before, after) != seen or basis_of(environment_id, before, after) != change.basis:
        raise _Stale("What it changes has changed since it was proposed.")


def _said(fault: GovernanceError) -> str:
    return {"refused": "its author may not do this any more.", "not_found": "what it is about is gone."}.get(
        fault.kind, "something stands in the way now."
    )


def _must_be_second_person(caller: Caller, change: ProtectedChange) -> None:
    """Let nobody approve what they have proposed themselves, or through a client as which they could speak."""
    if caller.kind != OPERATOR:
        raise refusal("change: only a person at the console approves", remedy="Let an officer approve it.")
    another = "Let another officer approve it."
    if change.author_id == caller.id:
        raise refusal("change: nobody approves their own", remedy=another)
    if caller.id in change.spoken_for_by:
        raise refusal(
            "change: the approver has had the means to speak as the client that is its author", remedy=another
        )


def _open_change(change_id: UUID) -> ProtectedChange:
    change = ProtectedChange.objects.select_for_update().filter(pk=change_id).first()
    if change is None:
        raise NotFound("There is no such change in this environment.", field="change")
    if change.state != ProtectedChange.PROPOSED:
        raise Conflict(f"The change is {change.state} already.", field="change")
    return change


def _decide(change: ProtectedChange, caller: Caller, *, state: str, now: datetime, outcome: str = "") -> None:
    change.state, change.decided_at, change.outcome = state, now, outcome
    change.decided_by_kind, change.decided_by = caller.kind, caller.id
    change.arguments = json.dumps({})  # they may hold secrets, and nothing asks for them any more
    change.differences = without_people(_revealed(change.differences))  # whose erasure would not find them here
    change.save(
        update_fields=["state", "decided_at", "decided_by_kind", "decided_by", "outcome", "arguments", "differences"]
    )


def _record(event: EventKind, change: ProtectedChange, clearance: Clearance, *, reasons: Sequence[str] = ()) -> None:
    facts: dict[str, Any] = {
        "change": change.id,
        "action": change.action,
        "digest": change.digest,
        "author_kind": change.author_kind,
        "author": change.author_id,
        **({"reasons": list(reasons)} if reasons else {}),
    }
    append(
        event,
        environment_id=change.environment_id,
        actor=clearance.caller.actor,
        facts={name: value for name, value in facts.items() if name in event.fields},
        decision_id=clearance.decision_id,
    )


def _revealed(text: Any) -> str:
    return str(text.reveal())


def _digest(change: ProtectedChange, arguments: str, differences: str) -> str:
    parts = [str(change.id), change.action, change.author_kind, str(change.author_id), change.basis]
    content = json.dumps([*parts, arguments, differences]).encode()
    return fingerprint(change.environment_id, "content of a change", content)
