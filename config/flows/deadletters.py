"""`sealbook dlq`: the dead letters of the flow of this folder."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from config.embedded.errors import LaunchError
from config.flows.folder import STATE, engine_of, keys_of, plan_here
from config.flows.terminal import say, table
from dataflow.deadletters.concealing import Unreadable
from dataflow.deadletters.letters import DeadLetters, NoLetter
from dataflow.engines.checkpoint import CheckpointDamaged
from dataflow.engines.jsonl import FilesUnfit
from dataflow.engines.jsonl_letters import FileLetters
from dataflow.running.working import flow_id


def dead_letters(words: Sequence[str]) -> int:
    """List, show, replay or drop records that failed."""
    parser = argparse.ArgumentParser(prog="sealbook dlq", description="The records that the flow could not work on.")
    parser.add_argument("--files", action="store_true", help="those of runs from files to files")
    doing = parser.add_subparsers(dest="what", required=True)
    doing.add_parser("list", help="each with its topic, its service, when and why it failed; never the record")
    doing.add_parser("show", help="one with its record, opened with the key of this folder").add_argument("id")
    for name, says in (
        ("replay", "put records back onto their topics, each once, for the service that failed on them"),
        ("drop", "drop records for good"),
    ):
        one = doing.add_parser(name, help=says)
        one.add_argument("id", nargs="*", help="of dead letters, as `sealbook dlq list` says them")
        one.add_argument("--all", action="store_true", help="all that are there now")
    chosen = parser.parse_args(words)
    with _of_files(Path.cwd()) if chosen.files else _of_topics(Path.cwd()) as letters:
        try:
            _DO[chosen.what](letters, chosen)
        except FilesUnfit as unfit:
            raise LaunchError(f"Dead letters of files are not put back: {unfit}.") from None
        except NoLetter:
            raise LaunchError(f"There is no dead letter {chosen.id[:40]}; `sealbook dlq list` lists them.") from None
        except Unreadable:
            raise LaunchError("A dead letter cannot be opened: another key than this folder's has sealed it.") from None
    return 0


@contextmanager
def _of_topics(folder: Path) -> Iterator[DeadLetters]:
    found = plan_here(folder)
    with engine_of(folder, found) as engine:
        yield engine.letters(flow_id(found))


@contextmanager
def _of_files(folder: Path) -> Iterator[DeadLetters]:
    try:
        letters = FileLetters(folder / STATE / "files", keys_of(folder))
    except (FilesUnfit, CheckpointDamaged) as unfit:
        raise LaunchError(f"The dead letters cannot be read: {unfit}.") from None
    with closing(letters):
        yield letters


def _list(letters: DeadLetters, _: argparse.Namespace) -> None:
    rows = [
        (each.id, each.topic, each.service, each.at.isoformat(timespec="seconds"), each.why) for each in letters.all()
    ]
    say(table([("Id", "Topic", "Service", "Failed at", "Why"), *rows]) if rows else "There are no dead letters.")


def _show(letters: DeadLetters, chosen: argparse.Namespace) -> None:
    letter, key, value = letters.opened(chosen.id)
    say(f"{letter.topic} for {letter.service}, {letter.at.isoformat(timespec='seconds')}: {letter.why}")
    if key is not None:
        say(f"key: {key.decode(errors='replace')}")
    say(value.decode(errors="replace"))


def _replay(letters: DeadLetters, chosen: argparse.Namespace) -> None:
    say(f"{letters.replay(_chosen(letters, chosen))} put back")


def _drop(letters: DeadLetters, chosen: argparse.Namespace) -> None:
    say(f"{letters.drop(_chosen(letters, chosen))} dropped")


def _chosen(letters: DeadLetters, chosen: argparse.Namespace) -> list[str]:
    if bool(chosen.id) == chosen.all:
        raise LaunchError("Say which: ids, or --all.")
    return [each.id for each in letters.all()] if chosen.all else list(chosen.id)


_DO: dict[str, Callable[[DeadLetters, argparse.Namespace], None]] = {
    "list": _list,
    "show": _show,
    "replay": _replay,
    "drop": _drop,
}
