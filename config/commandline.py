"""The console script `sealbook`: run everything, set up a database, or any management command."""

from __future__ import annotations

import argparse
import json
import os
import secrets
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from config.embedded.errors import LaunchError
from config.embedded.state import read_json, write_private

INTERRUPTED, READ_NO_MORE = 128 + signal.SIGINT, 128 + signal.SIGPIPE
"""What shells call the ends of a program by Ctrl-C, and by a reader that went away."""
BASE_DIR = Path(__file__).resolve().parent.parent

DESCRIPTION = """\
Sealbook: sealed personal data, bound to consented purposes, every access on record.

  sealbook run                   PostgreSQL, Redis, migrations, demo, web, worker and beat on this machine;
                                 in a folder with a dataflow.yaml: that flow (`run --server` is the former there)
  sealbook plan                  check the flow of this folder and print what runs between which topics
  sealbook functions             what flows can use without a package, a sentence for each
  sealbook produce, consume      write records to a topic of the flow of this folder, or print them
  sealbook show state            what the flow of this folder has counted
  sealbook generate, test        make what the functions of the package in this folder lack, or run their tests
  sealbook publish               publish the flow or the package of this folder in the hub of a server
  sealbook hub list|show|install what the hub of a server has, and how it comes to this machine
  sealbook flows list|deploy|... what runs on a server: deployed, started, stopped, scaled
  sealbook bootstrap-database    roles and database on a PostgreSQL server of yours (once, as its administrator)
  sealbook launch                measure a program, have it let in as a client, and run exactly what was measured
  sealbook COMMAND ...           any management command, on the servers of a running `sealbook run` unless
                                 DATABASE_URL and REDIS_URL say otherwise; `sealbook help` lists them
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one subcommand and return the exit status; what went wrong is said in a sentence, without a traceback."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        if not words or words[0] in ("-h", "--help"):
            _say(DESCRIPTION)
            return 0
        return _command(words)
    except LaunchError as problem:
        _complain(str(problem))
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # who reads what is printed has seen enough; Python would try once more at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return READ_NO_MORE


def _command(words: list[str]) -> int:
    own = {"run": _run, "launch": _launch, "bootstrap-database": _bootstrap_database}
    own |= {"generate": _generate, "test": _test, "publish": _publish, "hub": _hub, "flows": _flows}
    if words[0] in _FLOWS or (words[0] == "run" and _is_for_flow(words[1:])):
        return _flow(words)
    return own[words[0]](words[1:]) if words[0] in own else _manage(words)


_FLOWS = frozenset({"functions", "plan", "produce", "consume", "show", "dlq"})


def _is_for_flow(words: Sequence[str]) -> bool:
    """Say whether `run` means the flow of this folder: there is one, and nothing says the server."""
    from config.flows.command import has_flow

    return has_flow() and not any(each.split("=")[0] in ("--server", "--port") for each in words)


def _flow(words: Sequence[str]) -> int:
    from config.flows import command, listing

    door = listing if words[0] == "functions" else command
    return int(getattr(door, words[0])(words[1:]))


def state_directory() -> Path:
    """Return where this machine's servers keep their state."""
    return Path(os.environ.get("SEALBOOK_STATE") or BASE_DIR / ".sealbook")


def _run(words: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="sealbook run",
        description="Run everything on this machine until Ctrl-C. Where DATABASE_URL and DATABASE_MIGRATION_URL, or "
        "REDIS_URL, are set, those servers are used and nothing is started for them.",
    )
    parser.add_argument("--port", type=int, default=8000, help="where the web process listens (default: 8000)")
    parser.add_argument("--server", action="store_true", help="the servers, even in a folder with a dataflow.yaml")
    chosen = parser.parse_args(words)
    from config.embedded.supervisor import run

    run(state_dir=state_directory(), port=chosen.port)
    return 0


def _launch(words: list[str]) -> int:
    from config.launching.command import launch

    return launch(words)


def _generate(words: list[str]) -> int:
    from config.flows.packages import generate

    return generate(words)


def _test(words: list[str]) -> int:
    from config.flows.packages import test

    return test(words)


def _publish(words: list[str]) -> int:
    from config.flows.hub import publish

    return publish(words)


def _hub(words: list[str]) -> int:
    from config.flows.hub import hub

    return hub(words)


def _flows(words: list[str]) -> int:
    from config.flows.deployed import flows

    return flows(words)


def _bootstrap_database(words: list[str]) -> int:
    from config.database.roles import LOGIN_ROLES, bootstrap_database

    parser = argparse.ArgumentParser(
        prog="sealbook bootstrap-database",
        description="Make or repair Sealbook's roles and its database. Safe to run again: it then renews what differs.",
        epilog="SEALBOOK_ADMIN_URL holds the administrator's address, so that its password stays out of the process "
        f"list. The passwords file is JSON, a password for each of {', '.join(LOGIN_ROLES)}; what is missing there is "
        "made and added, and the file is kept readable for its owner only.",
    )
    parser.add_argument("--database", default="sealbook", help="name of the database (default: sealbook)")
    parser.add_argument("--passwords-file", type=Path, required=True, help="JSON file with a password per role")
    chosen = parser.parse_args(words)
    admin_url = os.environ.get("SEALBOOK_ADMIN_URL", "")
    if not admin_url:
        parser.error("set SEALBOOK_ADMIN_URL to the administrator's address, postgresql://...")
    kept = read_json(chosen.passwords_file)
    passwords = {role: kept.get(role) or secrets.token_hex(24) for role in LOGIN_ROLES}
    write_private(chosen.passwords_file, json.dumps(kept | passwords, indent=1))
    bootstrap_database(admin_url=admin_url, database=chosen.database, passwords=passwords)
    _say(f"Roles and database {chosen.database} are ready; the passwords are in {chosen.passwords_file}.")
    return 0


def _manage(words: list[str]) -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    _borrow_running_servers(migrating=words[0] == "migrate")
    from django.core.management import execute_from_command_line

    execute_from_command_line(["sealbook", *words])
    return 0


def _borrow_running_servers(*, migrating: bool) -> None:
    """Use the servers of a running `sealbook run`; the owner's address is for `migrate` alone."""
    borrowed = state_directory() / "run" / "environment.json"
    if os.environ.get("DATABASE_URL") or not borrowed.exists():
        return
    found = read_json(borrowed)
    if not migrating:
        found.pop("DATABASE_MIGRATION_URL", None)
    for name, value in found.items():
        os.environ.setdefault(name, value)


def _say(text: str) -> None:
    sys.stdout.write(text.rstrip() + "\n")


def _complain(text: str) -> None:
    sys.stderr.write(f"sealbook: {text}\n")


if __name__ == "__main__":
    sys.exit(main())
