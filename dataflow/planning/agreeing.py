"""Flows of one environment that name one topic agree on what it may hold: each knows what the others have said."""

from __future__ import annotations

from dataclasses import dataclass

from dataflow.grammar.spec import Topic
from dataflow.grammar.steps import written

REMEDY = "Say the same in the files of both, or drop the topic with what is in it."
ALL = "any"
"""A topic that holds this may hold every category."""


class Disagreement(Exception):
    """A flow says something else of a topic than another one; the text names both."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a topic. `holds`: categories of personal data; `expires` in seconds; `flows`: who names it."""

    holds: frozenset[str]
    expires: int
    declared_by: str
    flows: frozenset[str]


def agreed(known: Known | None, spec: Topic, tags: frozenset[str], flow: str) -> tuple[frozenset[str], int]:
    """Return what a topic may hold, and for how many seconds: as the file says, or where it says nothing, as is known.

    Whoever is the only one to name a topic may say more of it than before, never less: what was written meanwhile is
    still there.

    Args:
        tags: what the types of the topic are tagged with in this file.

    Raises `Disagreement`.
    """
    said = frozenset(spec.holds)
    if known is None:
        return said, spec.expires
    holds, says = said | tags, spec.expires > 0
    is_more, is_less = not _covers(known.holds, holds), says and not _covers(holds, known.holds)
    is_other = is_more or is_less or (says and spec.expires != known.expires)
    if is_less or (is_other and known.flows - {flow}):
        raise Disagreement(_told(spec, known, holds, flow))
    return (said, spec.expires) if says else (known.holds, known.expires)


def _covers(holds: frozenset[str], others: frozenset[str]) -> bool:
    return ALL in holds or others <= holds


def _told(spec: Topic, known: Known, holds: frozenset[str], flow: str) -> str:
    who = min(known.flows - {flow}, default=known.declared_by)
    before = _listed(known.holds, known.expires) if who != flow else f"{_listed(known.holds, known.expires)} before"
    return f"`{spec.wire_name}` {before}, as {who} says, and {_listed(holds, spec.expires)}, as {flow} says"


def _listed(holds: frozenset[str], expires: int) -> str:
    if not holds:
        return "holds no personal data"
    return (
        f"holds {', '.join(sorted(holds))} for {written(expires)}" if expires else f"holds {', '.join(sorted(holds))}"
    )
