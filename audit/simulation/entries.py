"""What the book says of a simulated access: real kinds of entries, with the facts that they really carry."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from audit.actors import Actor, Build
from audit.analysis.accesses import Access
from audit.bodies import Outcome, compose
from audit.events import declared
from audit.recorder import INDEXED_SUBJECTS, EntryRow


def entry_of(access: Access) -> EntryRow:
    """Return the entry of an access, ready to be sent. Facts that its kind does not declare stay away.

    Raises `KeyError` where the app that declares the kind is not installed.
    """
    event = declared()[access.kind]
    outcome: Outcome = "refused" if access.outcome == "refused" else "done"
    build = Build(digest=access.build) if access.build else None
    said = {name: value for name, value in _said(access).items() if name in event.fields and value not in ("", None)}
    body = compose(
        event,
        entry_id=access.entry_id,
        at=access.at,
        environment_id=access.environment_id,
        actor=Actor(access.actor_kind, UUID(access.actor), build=build),
        facts=said,
        outcome=outcome,
        decision_id=None,
        request_id=None,
    )
    count = len(access.subjects)
    indexed = [*access.subjects] if 0 < count <= INDEXED_SUBJECTS else None
    return EntryRow(
        access.entry_id, event.name, outcome, access.actor_kind, UUID(access.actor), None, None, count, indexed, body
    )


def _said(access: Access) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "purposes": [*access.purposes],
        "columns": [*access.columns],
        "grant": access.grant,
        "ticket": access.ticket,
        "reason": access.reason,
        "delegation": access.key,
        "rows": access.rows,
        **{name: [*value] if isinstance(value, tuple) else value for name, value in access.facts.items()},
    }
    if access.subjects:
        facts["subjects"] = [*access.subjects]
    if access.operation == "search":
        facts["column"] = access.resource
    elif access.operation == "write":
        facts |= {"mutator": access.resource, "written": 1}
    else:
        facts["accessor"] = access.resource
    if access.operation == "export":
        facts["exported"] = True
    if access.purposes:
        facts["purpose"] = access.purposes[0]
    return facts
