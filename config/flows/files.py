"""`sealbook run --input TOPIC=FILE --output TOPIC=FILE`: the flow of the folder from files to files, to their end."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from threading import Event

from config.embedded.errors import LaunchError
from config.flows.folder import STATE, keys_of
from dataflow.deadletters.concealing import Unreadable
from dataflow.engines.checkpoint import CheckpointDamaged
from dataflow.engines.jsonl import FilesUnfit, JsonLines
from dataflow.planning.plan import Plan
from dataflow.running.working import flow_id, work_off

STANDARD = "-"


def run_files(
    folder: Path, plan: Plan, inputs: Sequence[str], outputs: Sequence[str], *, stop: Event, told: Callable[[int], None]
) -> str:
    """Run a flow on files until all is read; return a sentence on what became of it. Raises `LaunchError`."""
    read, written = _paths(plan, inputs), _paths(plan, outputs)
    _must_fit(plan, read, written)
    for topic in sorted(written.keys() & plan.sealed.keys()):
        holds = ", ".join(sorted(plan.holds[topic]))
        name = "Standard output" if written[topic] == Path(STANDARD) else written[topic]
        sys.stderr.write(f"{name} holds personal data ({holds}) in the clear.\n")
    keys = keys_of(folder)
    with ExitStack() as undo:
        state = folder / STATE / "files"
        if Path(STANDARD) in (*read.values(), *written.values()):  # a stream begins anew each time, and so does the run
            state = Path(undo.enter_context(tempfile.TemporaryDirectory(dir=folder / STATE)))
        shown = [topic for topic, path in written.items() if path == Path(STANDARD)]
        read = {topic: _spooled(path, state) for topic, path in read.items()}
        written = {topic: state / "out" if topic in shown else path for topic, path in written.items()}
        try:
            engine = JsonLines(state, inputs=read, outputs=written, conceal=keys, sealed=plan.sealed)
            undo.enter_context(closing(engine))
            work_off(plan, engine, stop=stop, told=told, secrets_of=keys)
        except (FilesUnfit, CheckpointDamaged) as unfit:
            raise LaunchError(f"The flow cannot run: {unfit}.") from None
        except Unreadable:
            says = f"{state} was sealed with another key than the one in {STATE}/flow.key"
            raise LaunchError(f"The flow cannot go on: {says}.") from None
        except OSError as error:
            raise LaunchError(f"A file cannot be read or written: {error.strerror} ({error.filename}).") from None
        for topic in shown:
            if written[topic].exists():
                with written[topic].open("rb") as file:
                    shutil.copyfileobj(file, sys.stdout.buffer)
                sys.stdout.buffer.flush()
        counts = engine.counters(flow_id(plan))
    return ", ".join(
        f"{each.name}: {counts.get(each.name, {}).get('succeeded', 0)} succeeded, "
        f"{counts.get(each.name, {}).get('failed', 0)} failed"
        for each in plan.services
    )


def _paths(plan: Plan, told: Sequence[str]) -> dict[str, Path]:
    found = {}
    for each in told:
        name, _, path = each.partition("=")
        if name not in plan.topics or not path:
            raise LaunchError(f"Write TOPIC=FILE, not {each[:80]}. The flow's topics are {', '.join(plan.topics)}.")
        found[plan.topics[name].wire_name] = Path(path)
    return found


def _must_fit(plan: Plan, read: dict[str, Path], written: dict[str, Path]) -> None:
    """Refuse inputs that the flow writes to, and sources that nothing fills."""
    sources = {port.topic.wire_name for service in plan.services for port in service.sources}
    sinks = {port.topic.wire_name for service in plan.services for port in service.sinks}
    for name in sorted(read.keys() & (sinks | written.keys())):
        raise LaunchError(f"{name} is written by the flow: it cannot be an input.")
    for name in sorted(sources - sinks - read.keys()):
        raise LaunchError(f"Nothing fills {name}: add --input {name}=FILE.")
    for name in sorted((read.keys() - sources) | (written.keys() - sinks)):
        raise LaunchError(f"The flow neither reads nor writes {name} so.")


def _spooled(path: Path, state: Path) -> Path:
    if path != Path(STANDARD):
        return path
    with tempfile.NamedTemporaryFile(dir=state, delete=False) as file:  # readable for its owner alone
        shutil.copyfileobj(sys.stdin.buffer, file)
    return Path(file.name)
