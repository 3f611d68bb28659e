"""What of the store is compared with the book."""

from __future__ import annotations

from collections.abc import Iterable

from audit.queries import EntryView
from audit.reconciling import Ledger
from governance.reconciled import versions_ledger
from userstore import events
from userstore.models import ConsentRecord, Erasure


def _given(value: object, purpose: str) -> str:
    return f"value {value} for {purpose}"


def _consents_told(entries: Iterable[EntryView]) -> Iterable[str]:
    return {_given(each.facts["value"], each.facts["purpose"]) for each in entries if each.facts["permitted"]}


def _consents_kept() -> Iterable[str]:
    rows = ConsentRecord.objects.filter(source="consent", permitted=True).values_list("value_id", "purpose__name")
    return {_given(value, purpose) for value, purpose in rows}


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
    versions_ledger("accessor", published=events.ACCESSOR_PUBLISHED.name, fact="accessor"),
    versions_ledger("mutator", published=events.MUTATOR_PUBLISHED.name, fact="mutator"),
    versions_ledger("transformer", published=events.TRANSFORMER_PUBLISHED.name, fact="transformer"),
)
"""Erasures, consents that were given by themselves, and published accessors, mutators and transformers."""
