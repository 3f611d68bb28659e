"""What of the store is compared with the book."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Exists, OuterRef, Q

from audit.queries import EntryView
from audit.reconciling import Ledger
from governance.reconciled import versions_ledger
from governance.reconciled_lives import life_ledger
from userstore import events
from userstore.actions.builtin import BUILT_IN_COLUMNS
from userstore.models import Column, ConsentRecord, DataTypeDefinition, Erasure, LegalHold, Subject, Token, Value
from userstore.writing.keys import handle_of, subject_key


def _given(value: object, purpose: str) -> str:
    return f"value {value} for {purpose}"


def _consents_told(entries: Iterable[EntryView]) -> Iterable[str]:
    return {_given(each.facts["value"], each.facts["purpose"]) for each in entries if each.facts["permitted"]}


def _consents_kept() -> Iterable[str]:
    rows = ConsentRecord.objects.filter(source="consent", permitted=True).values_list("value_id", "purpose__name")
    return {_given(value, purpose) for value, purpose in rows}


def _withdrawals_told(entries: Iterable[EntryView]) -> Iterable[str]:
    taken = [(each.facts["purpose"], each.facts["subjects"]) for each in entries if not each.facts["permitted"]]
    return {_withdrawn(handle, purpose) for purpose, handles in taken for handle in handles}


def _withdrawals_kept() -> Iterable[str]:
    rows = ConsentRecord.objects.filter(source="withdrawal", permitted=False)
    found = set(rows.values_list("subject_id", "purpose__name"))
    handles = _handles(Q(pk__in={subject for subject, _ in found}))
    return {_withdrawn(handles[subject], purpose) for subject, purpose in found if subject in handles}


def _withdrawn(handle: str, purpose: str) -> str:
    return f"{purpose} by {handle}"


def _people_told(entries: Iterable[EntryView]) -> Iterable[str]:
    return {handle for each in entries for handle in each.facts.get("subjects", ())}


def _people_with_values() -> Iterable[str]:
    return _handles(Exists(Value.objects.filter(subject=OuterRef("pk")))).values()


def _handles(which: Q | Exists) -> dict[int, str]:
    """Open the names under which people stand in the book; who was erased has none any more."""
    people = Subject.objects.filter(which, erased_at=None)
    return {each.pk: handle_of(each, subject_key(each)) for each in people.iterator()}


def _tokens_told(entries: Iterable[EntryView]) -> Iterable[str]:
    """Return the tokens made of raw data, and of whom somebody read, by which tokens of theirs are made."""
    made = events.TOKENS_CREATED.name
    return {one for each in entries for one in each.facts.get("tokens" if each.kind == made else "subjects", ())}


def _tokens_kept() -> Iterable[str]:
    of_nobody = Token.objects.filter(subject=None).values_list("public_id", flat=True)
    return {*map(str, of_nobody), *_handles(Exists(Token.objects.filter(subject=OuterRef("pk")))).values()}


def _names(*kinds: object) -> frozenset[str]:
    return frozenset(map(str, kinds))


def _erasures(**filters: object) -> Iterable[str]:
    return [str(each) for each in Erasure.objects.filter(**filters).values_list("public_id", flat=True)]


LEDGERS = (
    Ledger(
        "erasures",
        frozenset({events.SUBJECT_ERASED.name}),
        lambda entries: {each.facts["erasure"] for each in entries},
        _erasures,
        # After a restore a line of the ledger may be about somebody who is not there: then nothing is erased again.
        furnished=lambda: _erasures(is_repeated=True),
    ),
    Ledger(
        "consents given",
        frozenset({events.CONSENT_CHANGED.name}),
        _consents_told,
        _consents_kept,
        rows_may_go=True,
    ),
    Ledger(
        "consents withdrawn",
        frozenset({events.CONSENT_CHANGED.name}),
        _withdrawals_told,
        _withdrawals_kept,
        rows_may_go=True,
    ),
    Ledger(
        "people with values",
        _names(events.MUTATOR_EXECUTED, events.SUBJECT_CREATED),
        _people_told,
        _people_with_values,
        rows_may_go=True,
    ),
    Ledger(
        "tokens",
        _names(events.TOKENS_CREATED, events.ACCESSOR_EXECUTED, events.ACCESSOR_UNMASKED),
        _tokens_told,
        _tokens_kept,
        rows_may_go=True,
    ),
    life_ledger("columns", Column, "column", events.COLUMN_DEFINED, [events.COLUMN_RETIRED], built_in=BUILT_IN_COLUMNS),
    life_ledger("data types", DataTypeDefinition, "data_type", events.DATA_TYPE_DEFINED, [events.DATA_TYPE_RETIRED]),
    life_ledger("holds", LegalHold, "hold", events.HELD, [events.RELEASED], over=Q(released_at__isnull=False)),
    versions_ledger("accessor", published=events.ACCESSOR_PUBLISHED.name, fact="accessor"),
    versions_ledger("mutator", published=events.MUTATOR_PUBLISHED.name, fact="mutator"),
    versions_ledger("transformer", published=events.TRANSFORMER_PUBLISHED.name, fact="transformer"),
)
"""Erasures, consents that were changed by themselves, writes and tokens, and what is defined and published."""
