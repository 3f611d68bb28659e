"""Resolving tokens: the token's own policy decides, and what it remembers must still be permitted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from governance.authorization import Clearance, frozen_parts
from governance.policies.compilation import policy_of
from governance.policies.thresholds import Thresholds
from governance.policies.tree import Trace
from userstore.definitions import ColumnDefinition, Definitions
from userstore.models import Subject, Token, Value
from userstore.models.subjects import LIVE
from userstore.models.transformers import BY_REFERENCE
from userstore.reading.admission import call_facts
from userstore.reading.calls import CallContext
from userstore.reading.consent import are_permitted
from userstore.tokenization.places import blind_text, indexes_of
from userstore.tokenization.raw import data_of
from userstore.writing.keys import opened_value

NO_VALUE = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Resolved:
    """What one asked-for token gives: its data, or "" where it is unknown or not permitted. All look alike."""

    token: str
    data: str
    token_id: UUID | None = None
    handle: str | None = None


@dataclass(slots=True)
class Told:
    """What the record says beside counts: which scripts failed, and which limits gave nothing."""

    faults: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)


def texts_that_stand(environment_id: UUID, texts: Collection[str]) -> frozenset[str]:
    """Return which texts are tokens now; must run inside the environment."""
    by_blind = {blind_text(index, text): text for index in indexes_of(environment_id) for text in texts}
    found = Token.objects.filter(blind__in=list(by_blind)).values_list("blind", flat=True)
    return frozenset(by_blind[bytes(each)] for each in found)


def tokens_by_text(environment_id: UUID, texts: Sequence[str]) -> dict[str, Token]:
    """Find tokens by their text; must run inside the environment."""
    by_blind = {blind_text(index, text): text for index in indexes_of(environment_id) for text in texts}
    found = Token.objects.filter(blind__in=list(by_blind)).select_related("access_policy", "subject", "transformer")
    return {by_blind[bytes(token.blind)]: token for token in found}


def resolve(
    texts: Sequence[str],
    clearance: Clearance,
    definitions: Definitions,
    context: CallContext,
    *,
    purposes: Sequence[int],
    now: datetime,
) -> tuple[list[Resolved], Told]:
    """Resolve tokens in order; also gives what the record has to say.

    Args:
        purposes: numbers of the purposes the caller states, none of them frozen; they must be permitted besides those
            remembered.
    """
    known = tokens_by_text(clearance.environment_id, texts)
    told = Told()
    allowed = _allowed_policies(texts, known, clearance, context, purposes, now, told)
    resolved = []
    for text in texts:
        token = known.get(text)
        if token is None or not allowed[token.access_policy.public_id]:
            resolved.append(Resolved(text, ""))
        elif token.subject is None:
            resolved.append(Resolved(text, data_of(token), token.public_id))
        else:
            resolved.append(_still_permitted(text, token, token.subject, clearance, definitions, purposes, now))
    return resolved, told


def _allowed_policies(
    texts: Sequence[str],
    known: dict[str, Token],
    clearance: Clearance,
    context: CallContext,
    purposes: Sequence[int],
    now: datetime,
    told: Told,
) -> dict[UUID, bool]:
    """Ask each policy once; tokens under it share the answer. Its limits are counted per caller and never announced."""
    names = tuple(clearance.standing.purposes_by_number[number].name for number in purposes)
    facts = call_facts(clearance, context, action="Resolve", purposes=names, now=now)
    allowed = {}
    asked = Counter(known[text].access_policy.public_id for text in texts if text in known)
    for public_id, count in asked.items():
        trace = Trace()
        policy = policy_of(clearance.standing, public_id)
        limited = _limited_by(policy.thresholds, public_id, count, clearance, now)
        allowed[public_id] = limited is None and policy.allows_call(facts, trace)
        told.faults.extend(trace.faults)
        told.reasons.extend([limited] if limited else [])
    return allowed


def _limited_by(limits: Thresholds, policy_id: UUID, count: int, clearance: Clearance, now: datetime) -> str | None:
    """Count one resolution under a policy: why nothing under it is given, None where nothing stands against it."""
    if not limits.allow_execution("token", policy_id, clearance, now=now):
        return limits.often_reason
    return None if limits.allow_results(count) else limits.much_reason


def _value_behind(token: Token, subject: Subject, column: ColumnDefinition | None) -> Value | None:
    """The value a token was made of; by reference, in a column of single values, the one that is there now."""
    live = Value.objects.filter(subject=subject, state=LIVE)
    if token.transformer.transform_type == BY_REFERENCE and column is not None and not column.is_array:
        return live.filter(column_id=column.pk).first()
    return live.filter(pk=token.value_id or NO_VALUE).first()


def _still_permitted(
    text: str,
    token: Token,
    subject: Subject,
    clearance: Clearance,
    definitions: Definitions,
    purposes: Sequence[int],
    now: datetime,
) -> Resolved:
    """A token of a subject gives its value only while the value is there and every purpose is permitted for it."""
    column = definitions.by_pk.get(token.column_id or 0)
    row = _value_behind(token, subject, column)
    if column is None or row is None or subject.erased_at is not None:
        return Resolved(text, "")
    by_number = clearance.standing.purposes_by_number
    remembered = [by_number[number].public_id for number in token.purposes if number in by_number]
    if frozen_parts(clearance.standing, purposes=remembered, columns=[column.public_id]):
        return Resolved(text, "")
    if not are_permitted(row.purposes, row.expires, [*token.purposes, *purposes], now.timestamp()):
        return Resolved(text, "")
    opened = opened_value(subject, column.public_id, row.pk)
    if opened is None:
        return Resolved(text, "")
    plain, handle = opened
    return Resolved(text, column.data_type.render(column.data_type.restore(plain)), token.public_id, handle)
