"""The story of a finding: the accesses it rests on, what was done about it, and what was written, by their time."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.urls import reverse

from audit.queries import EntryView
from governance.actions.reading_findings import FindingView
from governance.console.book_lines import about_of
from governance.queries import names_of_ids

_DONE = {
    "finding.opened": "The analysis found it",
    "finding.assigned": "Taken",
    "finding.decided": "Decided",
    "finding.commented": "Commented",
    "finding.contained": "Stopped by the rule",
    "finding.work_expected": "Marked as expected",
    "finding.expectation_ended": "Expected no longer",
    "finding.bundled": "The entries were downloaded with their proofs",
    "finding.dossier_begun": "A breach dossier was begun",
    "finding.dossier_taken": "The breach dossier was downloaded",
    "finding.dossier_ended": "The breach dossier was ended",
}


class Step(NamedTuple):
    """One line: when, what, who, a word more, a text that was written, and the entry that tells of it."""

    at: datetime
    what: str
    who: str
    more: str
    text: str
    url: str
    is_access: bool


def timeline(view: FindingView) -> list[Step]:
    """Return the steps of a finding, the oldest first; must run inside its environment."""
    accesses = [each for _, _, each in view.evidence if each is not None]
    names = names_of_ids(
        [each.actor.id for each in (*accesses, *view.steps)] + [comment.author for comment, _ in view.comments]
    )
    found = [
        Step(
            each.recorded_at,
            each.kind,
            _who(names, each),
            ", ".join(filter(None, (about_of(each.facts), each.outcome))),
            "",
            _entry(each.id),
            is_access=True,
        )
        for each in accesses
    ]
    found += [
        Step(
            each.recorded_at,
            _DONE.get(each.kind, each.kind),
            _who(names, each),
            str(each.facts.get("state") or "") if each.kind == "finding.decided" else "",
            "",
            _entry(each.id),
            is_access=False,
        )
        for each in view.steps
        if each.kind != "finding.commented"  # the comment itself says more
    ]
    found += [
        Step(comment.written_at, "Comment", names.get(str(comment.author), ""), "", text, "", is_access=False)
        for comment, text in view.comments
    ]
    return sorted(found, key=lambda each: each.at)


def _who(names: dict[str, str], entry: EntryView) -> str:
    return names.get(str(entry.actor.id), entry.actor.kind)


def _entry(entry_id: UUID) -> str:
    return reverse("book-entry", args=[entry_id])
