"""`sealbook run`, `plan`, `produce`, `consume`, `show`: the flow of the folder that they are typed in."""

from __future__ import annotations

import argparse
import gc
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from itertools import islice
from pathlib import Path
from threading import Event, Thread

from config.embedded.errors import LaunchError
from config.flows.files import run_files
from config.flows.folder import FILE, engine_of, keys_of, plan_here
from config.flows.prompt import answer_until, is_wanted
from config.flows.server import must_be_let_in, store_here
from config.flows.server_topics import Line, consume_there, produce_there
from config.flows.states import listed, of_run, shown, states_of, waiting
from config.flows.terminal import Progress, lines_of, say, table, typed
from dataflow.engines.redis_letters import COUNTER
from dataflow.engines.redis_streams import RedisStreams
from dataflow.functions.protocol import ParametersRefused, Secrets
from dataflow.inline.process import CodeRefused
from dataflow.planning.drawing import described, drawn
from dataflow.planning.plan import Plan, Service
from dataflow.running.working import flow_id, prepare, work

PRODUCED_AT_ONCE = 500
LETTERS = f"{COUNTER}/metrics"
SERVER = "that of SEALBOOK_URL, as its client"


def has_flow() -> bool:
    """Say whether the present folder has a dataflow file."""
    return (Path.cwd() / FILE).is_file()


def run(words: Sequence[str]) -> int:
    """Run the flow of this folder until Ctrl-C."""
    parser = argparse.ArgumentParser(
        prog="sealbook run",
        description=f"Run the flow of {FILE} in this folder until Ctrl-C. Records stay when it ends, and it goes on "
        "where it stood. It has a Redis-compatible server of its own unless REDIS_URL names one. What asks the "
        "store asks the server that SEALBOOK_URL names, as the client of USERCLOUDS_CLIENT_ID and its secret. At a "
        "terminal it answers `show state` while it runs.",
    )
    parser.add_argument("--prod", action="store_true", help="ignore the section dev")
    for name, says in (("--input", "read a topic from a file of lines"), ("--output", "write a topic to one")):
        parser.add_argument(name, action="append", default=[], metavar="TOPIC=FILE", help=f"{says}; - is the terminal")
    chosen = parser.parse_args(words)
    folder = Path.cwd()
    store = store_here()
    plan = plan_here(folder, is_production=chosen.prod, store=store)
    if plan.not_yet:
        raise LaunchError("This flow cannot run yet:\n" + "\n".join(map(str, plan.not_yet)))
    must_be_let_in(plan, store)
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    if chosen.input or chosen.output:
        progress = Progress()
        summary = run_files(folder, plan, chosen.input, chosen.output, stop=stop, told=progress.add)
        progress.end()
        sys.stderr.write(summary + "\n")
        return 0
    gc.freeze()  # what is there now stays: the collector need not go through it with every batch
    with engine_of(folder, plan) as engine:
        return _work(plan, engine, stop, keys_of(folder))


def _work(plan: Plan, engine: RedisStreams, stop: Event, keys: Secrets) -> int:
    done, trouble = Progress(), list[str]()
    prepare(plan, engine)
    threads = [
        Thread(target=_one, args=(plan, service, engine, stop, keys, done.add, trouble), name=service.name)
        for service in plan.services
    ]
    for each in threads:
        each.start()
    say(f"{flow_id(plan)} runs. Ctrl-C ends it.")
    if is_wanted():
        answer_until(stop, show=show)
    while not stop.wait(1.0):
        done.show()
    for each in threads:
        each.join()
    done.end()
    if trouble:
        raise LaunchError("\n".join(trouble))
    return 0


def _one(
    plan: Plan,
    service: Service,
    engine: RedisStreams,
    stop: Event,
    keys: Secrets,
    told: Callable[[int], None],
    trouble: list[str],
) -> None:
    try:
        work(plan, service, engine, stop=stop, told=told, secrets_of=keys)
    except CodeRefused as refused:
        trouble.append(f"{service.name}: its code cannot be loaded: {refused}")
    except ParametersRefused as refused:
        trouble.append(f"{service.name}: {refused}")
    except Exception as error:  # the others must not go on as if nothing were
        trouble.append(f"{service.name} ended: {type(error).__name__}")
    finally:
        stop.set()


def plan(words: Sequence[str]) -> int:
    """Print the checked plan of the flow of this folder."""
    parser = argparse.ArgumentParser(
        prog="sealbook plan",
        description=f"Check {FILE} and print what runs between which topics, with types, with what each place may "
        "hold, and with what each sink is promised.",
    )
    parser.add_argument("--prod", action="store_true", help="ignore the section dev")
    found = plan_here(Path.cwd(), is_production=parser.parse_args(words).prod)
    say(f"{described(found)}\n\n{drawn(found)}")
    return 0


def produce(words: Sequence[str]) -> int:
    """Append lines to a topic."""
    parser = argparse.ArgumentParser(
        prog="sealbook produce", description="Append each line of standard input, or of a file, to a topic as a record."
    )
    parser.add_argument("topic")
    parser.add_argument("--key-separator", default="", help="what stands between a record's key and its value")
    parser.add_argument("--file", type=Path, default=None, help="the lines, instead of standard input")
    parser.add_argument("--server", action="store_true", help=f"to a topic of a server: {SERVER}")
    chosen = parser.parse_args(words)
    is_typed = chosen.file is None and sys.stdin.isatty()
    lines = typed() if is_typed else lines_of(chosen.file)
    records = (Line(at, *_record(line, chosen.key_separator)) for at, line in enumerate(lines, 1))
    if chosen.server:
        return produce_there(chosen.topic, records, is_typed=is_typed)
    folder = Path.cwd()
    found = plan_here(folder)
    topic = _topic(found, chosen.topic)
    with engine_of(folder, found) as engine:
        while some := list(islice(records, 1 if is_typed else PRODUCED_AT_ONCE)):
            engine.produce(topic, [(None if key is None else key.encode(), value.encode()) for _, key, value in some])
            say("Ok!" if len(some) == 1 else f"Ok! {len(some)} records")
    return 0


def _record(line: str, separator: str) -> tuple[str | None, str]:
    key, found, value = line.partition(separator) if separator else ("", "", line)
    return (key, value) if found else (None, line)


def consume(words: Sequence[str]) -> int:
    """Print the records of a topic."""
    parser = argparse.ArgumentParser(
        prog="sealbook consume", description="Print the records of a topic, those to come unless told otherwise."
    )
    parser.add_argument("topic")
    parser.add_argument("-B", "--beginning", action="store_true", help="from the beginning of the topic")
    parser.add_argument("-d", "--disable-continuous", action="store_true", help="end after the last record")
    parser.add_argument("-n", "--number", type=int, default=None, help="end after so many records")
    parser.add_argument("-k", "--key-value", action="store_true", help="print the key before each record")
    parser.add_argument("--server", action="store_true", help=f"of a topic without personal data of a server: {SERVER}")
    chosen = parser.parse_args(words)
    if chosen.server:
        return consume_there(
            chosen.topic,
            beginning=chosen.beginning,
            is_ending=chosen.disable_continuous,
            most=chosen.number,
            keys=chosen.key_value,
        )
    folder = Path.cwd()
    found = plan_here(folder)
    topic = _topic(found, chosen.topic)
    with engine_of(folder, found) as engine:
        wait = None if chosen.disable_continuous else 3_600.0
        for each in islice(engine.consume(topic, beginning=chosen.beginning, wait=wait), chosen.number):
            key = f"[{(each.key or b'null').decode(errors='replace')}] " if chosen.key_value else ""
            say(key + each.value.decode(errors="replace"))
        if engine.unopened:
            is_sealed = topic in found.sealed
            says = "another key has sealed them" if is_sealed else "the file does not say what their topic may hold"
            sys.stderr.write(f"{engine.unopened} records cannot be opened: {says}.\n")
    return 0


def show(words: Sequence[str]) -> int:
    """Print the counters of the flow, or the rows of a state."""
    parser = argparse.ArgumentParser(prog="sealbook show", description="Print what a flow has counted, and its states.")
    parser.add_argument("what", choices=["state"])
    parser.add_argument(
        "name", nargs="?", default="", help="SERVICE/FUNCTION/metrics or SERVICE/STATE; without it all are listed"
    )
    parser.add_argument("--key", default=None, help="of a state, the row of this key alone")
    parser.add_argument("--files", action="store_true", help="what runs from files to files have counted and kept")
    parser.add_argument("--table", action="store_true", help="as a table, which it always is")
    chosen = parser.parse_args(words)
    folder = Path.cwd()
    found = plan_here(folder)
    names = {
        f"{service.name}/{step.name}/metrics": f"{service.name}/{step.name}"
        for service in found.services
        for step in service.every_step
    }
    names |= {f"{service.name}/metrics": service.name for service in found.services} | {LETTERS: COUNTER}
    if not chosen.name:
        with of_run(folder, found, files=chosen.files) if states_of(found) else nullcontext() as engine:
            rows = listed(found, engine) if engine is not None else []
        say(table([("Namespace", "Keys", "Type"), *sorted([*((name, "1", "table") for name in names), *rows])]))
        return 0
    if chosen.name in states_of(found):
        with of_run(folder, found, files=chosen.files) as engine:
            say(shown(found, engine, chosen.name, chosen.key))
        return 0
    if chosen.name not in names:
        there = ", ".join(sorted([*names, *states_of(found)]))
        raise LaunchError(f"There is no state {chosen.name}. There are: {there}.")
    fields: tuple[str, ...] = ("succeeded", "failed")
    if chosen.name == LETTERS:
        fields = ("waiting", "replayed", "dropped")
    with of_run(folder, found, files=chosen.files) as engine:
        told = dict(engine.counters(flow_id(found)).get(names[chosen.name], {}))
        told["waiting"] = waiting(found, engine)
    if "expired" in told:
        fields = (*fields, "expired")
    say(table([("Key", "Window", *fields), ("stats", "*", *(str(told.get(name, 0)) for name in fields))]))
    return 0


def dlq(words: Sequence[str]) -> int:
    """List, show, replay or drop dead letters."""
    from config.flows.deadletters import dead_letters

    return dead_letters(words)


def _topic(found: Plan, name: str) -> str:
    topic = found.topics.get(name)
    if topic is None:
        raise LaunchError(f"The flow has no topic {name}. It has: {', '.join(found.topics)}.")
    return topic.wire_name
