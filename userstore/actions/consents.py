"""Giving and withdrawing consent for values that are stored; it acts on the very next read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from audit.recorder import append
from governance.actions.clearing import cleared
from governance.identities import Caller
from governance.standing import fresh_standing_of
from userstore import events
from userstore.definitions import ColumnDefinition, definitions_of, purpose_meant
from userstore.errors import Invalid, NotFound
from userstore.models import Subject, Value
from userstore.models.subjects import LIVE
from userstore.queries import ConsentedValue, consented_values_of
from userstore.writing.calls import NO_TERMS, ConsentTerms
from userstore.writing.ending import end_lapsed
from userstore.writing.keys import handle_of, subject_key
from userstore.writing.merging import Merge
from userstore.writing.storing import Pen, without_form


@dataclass(frozen=True, slots=True)
class Recorded:
    """What is known of a call about consent: its entry of the book, and the decision that allowed it."""

    entry_id: UUID
    decision_id: UUID


def change_consent(
    caller: Caller,
    *,
    subject_id: UUID,
    purpose: str,
    permitted: bool,
    value_id: UUID | None = None,
    column: str | None = None,
    terms: ConsentTerms = NO_TERMS,
    via: str | None = None,
    now: datetime | None = None,
) -> Recorded:
    """Permit or withdraw one purpose for one value, or withdraw it for a column or for everything of a subject.

    A value keeps existing without any purpose, so that a switch can go on again; nobody can read it meanwhile.

    Raises:
        NotFound: no such subject, purpose or value.
        Invalid: consent is given to something wider than one value, or the purpose does not rest on consent.
        Refused: the caller may not record consent.
    """
    now = now or timezone.now()
    if permitted and value_id is None:
        raise Invalid("Consent is given for one value.", field="value_id", remedy="Withdrawal may go further.")
    with cleared(caller, "consent", events.CONSENT_CHANGED, now=now) as clearance:
        standing = clearance.standing
        wanted = purpose_meant(purpose, standing)
        if wanted.legal_basis != "consent" and not permitted:
            raise Invalid(
                f"Purpose {wanted.name} rests on {wanted.legal_basis.replace('_', ' ')}, not on consent.",
                field="purpose",
                remedy="Only a purpose based on consent can be withdrawn.",
            )
        definitions = definitions_of(standing)
        subject = _locked(subject_id)
        values = Value.objects.select_for_update().filter(subject=subject, state=LIVE)
        if value_id is not None:
            values = values.filter(pk=value_id)
        if column is not None:
            if column not in definitions.by_name:
                raise Invalid(f"There is no column {column[:64]!r}.", field="column")
            values = values.filter(column_id=definitions.by_name[column].pk)
        key = subject_key(subject)
        # The standing as of the lock: a change of retention settings waits for whoever held one before it.
        source = "consent" if permitted else "withdrawal"
        pen = Pen(fresh_standing_of(caller.environment_id), caller.actor, now, source, terms)
        columns = definitions.by_pk
        left = [end_lapsed(pen, subject, subject_key, columns[row.column_id], row) for row in values.order_by("pk")]
        rows = [row for row in left if row is not None]
        if value_id is not None and not rows:
            raise NotFound("There is no such value of this user.", field="value_id")
        until = terms.ends_at
        for row in rows:
            pen.store(
                subject,
                key,
                definitions.by_pk[row.column_id],
                _switched(row, wanted.number, until if permitted else None),
            )
        pen.flush()
        entry_id = append(
            events.CONSENT_CHANGED,
            environment_id=caller.environment_id,
            actor=caller.actor,
            facts={
                "subjects": [handle_of(subject, key)],
                "column": _one_column(rows, definitions.by_pk),
                "value": value_id,
                "purpose": wanted.name,
                "permitted": permitted,
                **({"via": via} if via else {}),
            },
            decision_id=clearance.decision_id,
        )
    return Recorded(entry_id, clearance.decision_id)


def consented_values(
    caller: Caller, *, subject_id: UUID, now: datetime | None = None
) -> tuple[list[ConsentedValue], Recorded]:
    """List a subject's values with their purposes; recorded, although no value is shown. Also says where."""
    now = now or timezone.now()
    with cleared(caller, "consent", events.CONSENT_READ, now=now) as clearance:
        definitions = definitions_of(clearance.standing)
        subject = _locked(subject_id)
        found = consented_values_of(subject, definitions.by_pk, clearance.standing.purposes_by_number)
        entry_id = append(
            events.CONSENT_READ,
            environment_id=caller.environment_id,
            actor=caller.actor,
            facts={"subjects": [handle_of(subject, subject_key(subject))]},
            decision_id=clearance.decision_id,
        )
    return found, Recorded(entry_id, clearance.decision_id)


def _locked(subject_id: UUID) -> Subject:
    subject = Subject.objects.select_for_update().filter(public_id=subject_id, erased_at=None).first()
    if subject is None:
        raise NotFound("There is no such user.", field="user_id")
    return subject


def _switched(row: Value, purpose: int, until: int | None) -> Merge:
    """One purpose on (with its end) or off (None)."""
    stored = without_form(row)
    held = dict(stored.purposes)
    wanted = {p: t for p, t in held.items() if p != purpose}
    if until is not None:
        wanted[purpose] = until
    return Merge(
        changed=[(stored, row.ordinal, wanted)] if wanted != held else [],
        renewed=[(stored, frozenset((purpose,)))] if until is not None else [],
    )


def _one_column(rows: list[Value], columns: Mapping[int, ColumnDefinition]) -> str | None:
    names = {columns[row.column_id].name for row in rows}
    return names.pop() if len(names) == 1 else None
