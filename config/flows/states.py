"""`sealbook show state SERVICE/STATE`: the rows of a state, by key, on topics or in files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from config.embedded.errors import LaunchError
from config.flows.folder import STATE, engine_of, keys_of
from config.flows.terminal import table
from dataflow.deadletters.concealing import Unreadable
from dataflow.engines.checkpoint import CheckpointDamaged
from dataflow.engines.jsonl import FilesUnfit, JsonLines
from dataflow.engines.protocol import Engine
from dataflow.engines.redis_streams import RedisStreams
from dataflow.planning.plan import Plan, State
from dataflow.running.working import flow_id
from dataflow.schemas.shapes import Record


def states_of(plan: Plan) -> Mapping[str, State]:
    """Return the states of a flow by service and name, and by the function where it changes no other."""
    by_function = {
        f"{service.name}/{service.update.name}": service.update.changes[0]
        for service in plan.services
        if service.update is not None and len(service.update.changes) == 1
    }
    by_name = {f"{service.name}/{state.name}": state for service in plan.services for state in service.states}
    return by_function | by_name


@contextmanager
def of_run(folder: Path, plan: Plan, *, files: bool) -> Iterator[RedisStreams | JsonLines]:
    """Have the engine of a folder's flow, or what its runs on files left. Raises `LaunchError`."""
    if not files:
        with engine_of(folder, plan) as engine:
            yield engine
        return
    try:
        left = JsonLines(folder / STATE / "files", inputs={}, outputs={}, conceal=keys_of(folder))
    except (FilesUnfit, CheckpointDamaged) as unfit:
        raise LaunchError(f"What was counted cannot be read: {unfit}.") from None
    with closing(left):
        yield left


def waiting(plan: Plan, engine: RedisStreams | JsonLines) -> int:
    """Return how many dead letters there are."""
    return len(engine.dead()) if isinstance(engine, JsonLines) else engine.letters(flow_id(plan)).waiting()


def listed(plan: Plan, engine: Engine) -> list[tuple[str, str, str]]:
    """Return the states of a flow with how many rows each has. Raises `LaunchError`."""
    found = []
    for state in [state for service in plan.services for state in service.states]:
        rows = sum(1 for _ in _rows(plan, engine, state))
        found.append((f"{state.service}/{state.name}", str(rows), "table"))
    return found


def shown(plan: Plan, engine: Engine, name: str, key: str | None) -> str:
    """Return the rows of a state as a table, or that of one key. Raises `LaunchError`."""
    state = states_of(plan)[name]
    rows = {each: row for each, row in _rows(plan, engine, state) if key in (None, each)}
    columns = [each.name for each in state.row.fields] if isinstance(state.row, Record) else []
    cells = [
        (_text(each), *(_text(row.get(column)) for column in columns)) if columns else (_text(each), _text(row))
        for each, row in sorted(rows.items())
    ]
    return table([("Key", *(columns or ["value"])), *cells])


def _rows(plan: Plan, engine: Engine, state: State) -> Iterator[tuple[str, Any]]:
    try:
        yield from engine.rows(flow_id(plan), state.table)
    except Unreadable:
        raise LaunchError("Rows cannot be opened: another key than this folder's has sealed them.") from None


def _text(value: Any) -> str:
    """Return what stands in a cell: texts as they are, unless they would move the cursor."""
    return value if isinstance(value, str) and value.isprintable() else json.dumps(value, ensure_ascii=True)
