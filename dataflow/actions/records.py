"""Records of an environment's topics: written in batches, read where none of them holds personal data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from hashlib import blake2b
from itertools import starmap
from typing import Any

from django.conf import settings
from django.utils import timezone

from audit.recorder import append
from dataflow import events
from dataflow.actions.answering import topics_answering
from dataflow.engines.frames import Record, pack
from dataflow.engines.redis_batches import BEFORE, OTHER, UNMARKED, Mark
from dataflow.engines.redis_letters import IS_ID
from dataflow.engines.redis_pages import Page
from dataflow.engines.redis_streams import PAGE, RedisStreams
from dataflow.models import FlowTopic
from dataflow.queries import flow_topic
from dataflow.running.deployed import engine_for
from dataflow.store.concealing import EnvironmentKey
from governance.actions.change import clearance_for
from governance.actions.clearing import cleared
from governance.authorization import Clearance, refusal
from governance.errors import Conflict, GovernanceError, Invalid, NotFound
from governance.identities import Caller
from keyring.walls import in_environment
from userstore.actions.idempotency import must_be_key

MOST_WRITTEN = PAGE
"""Records of a batch: the engine writes so many in one step."""
MOST_READ = 500
PATIENCE = 5.0
"""Seconds that Redis may take."""
_LOOK = "Send it again with the same Idempotency-Key; without one, look first whether the records are there."
_SEALED = "topic: it may hold personal data, and what it holds is for flows alone"
_READ_OUTPUTS = "Read a topic without personal data that a flow fills from this one."


def write_records(
    caller: Caller, *, topic: str, records: Sequence[Record], once: str | None = None, now: datetime | None = None
) -> int:
    """Append 1 to 1000 records to a topic, all or none, sealed where it may hold personal data. Returns how many.

    How many it is to be is on record before it is done. Whoever has no answer does not know whether it was, and sends
    the batch again, with the same `once`.

    Args:
        topic: its name or id.
        once: 1 to 255 printable characters; what the caller sends again with these within a day is not written again.

    Raises:
        Refused: the caller holds no right to write in the environment, or it is frozen; on record.
        NotFound: no flow of the environment has declared such a topic.
        Invalid: no record, or too many; or a key that is none.
        Conflict: other records came with the key before.
        Unavailable: the server of the topics, or the keys, do not answer.
    """
    with cleared(caller, "write", events.RECORDS_WRITTEN, now=now or timezone.now()) as clearance:
        row = flow_topic(caller, topic)
        if not 0 < len(records) <= MOST_WRITTEN:
            raise Invalid(f"A batch has 1 to {MOST_WRITTEN} records.", field="records")
        if once is not None:
            must_be_key(once)
        _note(clearance, row, len(records))
    with _failure_on_record(clearance, row, len(records)):
        with topics_answering(remedy=_LOOK):
            EnvironmentKey(caller.environment_id).make_ready()
        with in_environment(caller.environment_id):
            held = _held(row)
            with topics_answering(remedy=_LOOK):
                became = _engine_of(caller, held).write(held.name, records, mark=_mark(caller, held, records, once))
            if became == OTHER:
                raise Conflict("Other records came with this key before.", field="Idempotency-Key")
            if became == BEFORE:
                _note(clearance, held, len(records), outcome="failed")
    return len(records)


def read_records(
    caller: Caller, *, topic: str, after: str = "", most: int = MOST_READ, now: datetime | None = None
) -> Page:
    """Return up to so many entries of a topic without personal data behind a cursor ("": the last ones).

    How many records leave is on record before they do. Each entry can be a frame of many.

    Args:
        topic: its name or id.

    Raises:
        Refused: the caller does not hold the rights to read and to export in the environment, it is frozen, or the
            topic may hold personal data: whose it is, and for which purpose it may be known, nobody could decide; on
            record.
        NotFound: no flow of the environment has declared such a topic.
        Invalid: no such cursor.
        Unavailable: the server of the topics does not answer.
    """
    now = now or timezone.now()
    clearance_for(caller, "export", events.RECORDS_READ, now=now)  # no purpose, and no policy, stands between
    with cleared(caller, "read", events.RECORDS_READ, now=now) as clearance, topics_answering():
        row = flow_topic(caller, topic)
        if row.holds:
            raise refusal(_SEALED, remedy=_READ_OUTPUTS)
        if after and not IS_ID.fullmatch(after):
            raise Invalid("This list made no such cursor.", field="starting_after", remedy="Begin again without one.")
        page = _engine_of(caller, row).page(row.name, after=after, most=min(most, MOST_READ))
        if page.records:
            _note(clearance, row, len(page.records), event=events.RECORDS_READ)
    return page


def _held(row: FlowTopic) -> FlowTopic:
    """Return a topic that nobody drops or declares otherwise meanwhile; must run inside the environment."""
    held = FlowTopic.objects.select_for_update(no_key=True).filter(pk=row.pk).first()
    if held is None:
        raise NotFound("The topic has been dropped meanwhile.", field="topic")
    return held


def _mark(caller: Caller, row: FlowTopic, records: Sequence[Record], once: str | None) -> Mark:
    """Return what a batch is known by: keyed hashes, since what records and keys are made of can be guessed."""
    if once is None:
        return UNMARKED
    key = EnvironmentKey(caller.environment_id).key_for("written batches")
    named, content = f"{caller.account_id}|{row.public_id}|{once}".encode(), b"".join(starmap(pack, records))
    name, says = (blake2b(each, key=key, digest_size=16).hexdigest() for each in (named, content))
    return Mark(name, says, settings.USERSTORE_IDEMPOTENCY_HOURS * 3600)


def _engine_of(caller: Caller, row: FlowTopic) -> RedisStreams:
    return engine_for(caller, sealed={row.name: row.expires} if row.holds else {}, patience=PATIENCE)


@contextmanager
def _failure_on_record(clearance: Clearance, row: FlowTopic, records: int) -> Iterator[None]:
    try:
        yield
    except GovernanceError:
        _note(clearance, row, records, outcome="failed")
        raise


def _note(
    clearance: Clearance, row: FlowTopic, records: int, *, event: Any = events.RECORDS_WRITTEN, outcome: Any = "done"
) -> None:
    append(
        event,
        environment_id=clearance.environment_id,
        actor=clearance.caller.actor,
        facts={"topic": row.public_id, "name": row.name, "records": records},
        outcome=outcome,
        decision_id=clearance.decision_id,
    )
