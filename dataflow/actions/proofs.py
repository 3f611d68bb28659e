"""Proofs at sinks that failed: noted in the book, which the analysis makes a finding of."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from audit.recorder import append
from dataflow.events import FLOW_PROOF_FAILED
from governance import counting
from governance.identities import Caller


def note_failed_proof(
    caller: Caller, flow: str, service: str, sink: str, category: str, *, records: int, now: datetime | None = None
) -> bool:
    """Note how many records a proof kept from leaving; say whether it was noted.

    All workers together note a service's category once a minute: a flow that is broken would fill the book.

    Raises:
        LimitUnknown: nobody can say when it was noted last.
    """
    minute = int((now or timezone.now()).timestamp() // 60)
    named = ("proof", caller.environment_id, flow, service, sink, category)
    if not counting.spend(*named, bucket=minute, buckets=1, allowance=1, seconds=120):
        return False
    append(
        FLOW_PROOF_FAILED,
        environment_id=caller.environment_id,
        actor=caller.actor,
        facts={"flow": flow, "service": service, "sink": sink, "category": category, "records": records},
    )
    return True
