"""Query parameters of the book's door."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from django.utils.dateparse import parse_datetime

from audit.actions.reading import Filters
from audit.bodies import OUTCOMES
from audit.errors import ParameterRefused
from audit.exports.forms import FORMS
from audit.queries import LARGEST_PAGE, Cursor

T = TypeVar("T")

END = "end"
"""The cursor of a list that has ended."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
KNOWN = frozenset(
    {
        "kind",
        "actor_id",
        "outcome",
        "decision_id",
        "request_id",
        "subject",
        "accessor",
        "purpose",
        "since",
        "until",
        "starting_after",
        "limit",
        "version",
    }
)
_OF_PAGES = frozenset({"starting_after", "limit"})


@dataclass(frozen=True, slots=True)
class Question:
    """What one request asks of the book."""

    filters: Filters
    after: Cursor | None
    limit: int


def parse_question(parameters: Mapping[str, Any], kinds: list[str]) -> Question:
    """Return the question; raises `ParameterRefused` naming the parameter, never its value.

    An unknown parameter is refused: a filter that is misspelt would show more than was asked for.
    """
    if not parameters.keys() <= KNOWN:
        raise ParameterRefused(None, f"a parameter is unknown; known are {', '.join(sorted(KNOWN))}")
    if any(len(kind) > 128 or "\0" in kind for kind in kinds):
        raise ParameterRefused("kind", "kind: expected the name of an event")
    return Question(
        filters=Filters(
            kinds=kinds or None,
            actor_id=_optional(parameters, "actor_id", UUID, "a UUID"),
            outcome=_optional(parameters, "outcome", _outcome, "done, refused or failed"),
            decision_id=_optional(parameters, "decision_id", UUID, "a UUID"),
            request_id=_optional(parameters, "request_id", _text, "text of at most 128 characters"),
            subject=_optional(parameters, "subject", _text, "a subject's handle"),
            accessor=_optional(parameters, "accessor", _text, "the id or the name of an accessor"),
            purpose=_optional(parameters, "purpose", _text, "the name of a purpose"),
            since=_optional(parameters, "since", _time, "an RFC 3339 time with a zone"),
            until=_optional(parameters, "until", _time, "an RFC 3339 time with a zone"),
        ),
        after=_optional(parameters, "starting_after", parse_cursor, "the `next` of an earlier page"),
        limit=_optional(parameters, "limit", _limit, f"a number from 1 to {LARGEST_PAGE}") or 50,
    )


def parse_export(parameters: Mapping[str, Any], kinds: list[str]) -> tuple[Filters, str]:
    """Return the filters and the name of the form of an export; raises as `parse_question`."""
    form = parameters.get("form") or "jsonl"
    if form not in FORMS:
        raise ParameterRefused("form", f"form: expected {' or '.join(FORMS)}")
    if not parameters.keys() <= (KNOWN - _OF_PAGES) | {"form"}:
        known = ", ".join(sorted((KNOWN - _OF_PAGES) | {"form"}))
        raise ParameterRefused(None, f"a parameter is unknown; known are {known}")
    question = parse_question({name: value for name, value in parameters.items() if name != "form"}, kinds)
    return question.filters, form


def write_cursor(cursor: Cursor) -> str:
    """Return the cursor in the wire's form: `recorded_at:<microseconds since 1970>,id:<UUID>`."""
    recorded_at, entry_id = cursor
    return f"recorded_at:{(recorded_at - EPOCH) // timedelta(microseconds=1)},id:{entry_id}"


def parse_cursor(text: str) -> Cursor:
    """Return what `write_cursor` wrote; raises ValueError for anything else."""
    moment, _, entry_id = text.partition(",")
    if not moment.startswith("recorded_at:") or not entry_id.startswith("id:"):
        raise ValueError
    return EPOCH + timedelta(microseconds=int(moment.removeprefix("recorded_at:"))), UUID(entry_id.removeprefix("id:"))


def _optional(parameters: Mapping[str, Any], name: str, parse: Callable[[str], T], expected: str) -> T | None:
    raw = parameters.get(name)
    if raw is None or raw == "":
        return None
    try:
        return parse(raw)
    except (ValueError, OverflowError):
        raise ParameterRefused(name, f"{name}: expected {expected}") from None


def _outcome(text: str) -> str:
    if text not in OUTCOMES:
        raise ValueError
    return text


def _text(text: str) -> str:
    if len(text) > 128 or "\0" in text:
        raise ValueError
    return text


def _time(text: str) -> datetime:
    moment = parse_datetime(text)
    if moment is None or moment.tzinfo is None:
        raise ValueError
    return moment.astimezone(UTC)


def _limit(text: str) -> int:
    limit = int(text)
    if not 1 <= limit <= LARGEST_PAGE:
        raise ValueError
    return limit
