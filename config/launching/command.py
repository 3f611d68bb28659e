"""The words of `sealbook launch`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from config.launching.measuring import sealed_copy
from config.launching.running import Workplace, own_workplace, run_measured, workplace_of
from config.launching.vouching import Launcher, LaunchRefused, Session, new_key, read_key

REFUSED = 77
"""Exit status of a launch that the server refused (EX_NOPERM of sysexits.h)."""

_DESCRIPTION = """\
Measure a program, have the server decide whether it may run as a client, and run exactly what was measured.

The program gets its session token over the inherited descriptor named in SEALBOOK_SESSION_FD: one line of JSON at once,
and one more for each line that it writes there. Run this as a user of its own, best as root with --user: whoever can
read the launcher's key can vouch for anything."""


def launch(words: Sequence[str]) -> int:
    """Run the subcommand and return the program's exit status, or `REFUSED`.

    Raises:
        LaunchError: nothing was started; the message says why.
    """
    parser = _parser()
    chosen = parser.parse_args(words)
    if chosen.new_key:
        sys.stdout.write(new_key(chosen.new_key))
        return 0
    missing = [name for name in ("server", "client", "launcher", "key", "artifact") if not getattr(chosen, name)]
    if missing or bool(chosen.user) == chosen.without_separation:
        parser.error(
            "give --server, --client, --launcher, --key, one of --user and --without-separation, and the artifact"
        )
    at = workplace_of(chosen.user, kept=chosen.keep) if chosen.user else own_workplace(kept=chosen.keep)
    try:
        return _launched(chosen, at)
    except LaunchRefused as refused:
        sys.stderr.write("".join(f"sealbook launch: {reason}\n" for reason in refused.reasons))
        sys.stderr.write(f"sealbook launch: refused, decision {refused.decision}\n")
        return REFUSED


def _launched(chosen: argparse.Namespace, at: Workplace) -> int:
    launcher = Launcher(chosen.server, chosen.client, chosen.launcher, read_key(chosen.key))
    measured = sealed_copy(chosen.artifact)

    def vouch() -> Session:
        return launcher.vouch(digest=measured.digest, expected=chosen.expect, is_separated=at.is_separated)

    session = vouch()
    for reason in session.reasons:
        sys.stderr.write(f"sealbook launch: let in by an auditing policy although {reason}\n")
    sys.stderr.flush()
    return run_measured(measured, chosen.arguments, at=at, server=chosen.server, session=session, renew=vouch)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sealbook launch", description=_DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--new-key", type=Path, metavar="FILE", help="make a launcher's key, print its public half, end"
    )
    parser.add_argument("--server", help="address of Sealbook; https, or http on this machine")
    parser.add_argument("--client", help="id of the client as which the program calls")
    parser.add_argument("--launcher", help="id under which the launcher is registered")
    parser.add_argument("--key", type=Path, metavar="FILE", help="the launcher's key, mode 0600")
    parser.add_argument("--user", help="account of the program; neither root nor the launcher's")
    parser.add_argument(
        "--without-separation", action="store_true", help="run as this user; never in protected environments"
    )
    parser.add_argument("--expect", metavar="SHA256", type=_digest, help="refuse any other artifact than this one")
    parser.add_argument("--keep", action="append", default=[], metavar="NAME", help="hand a variable on")
    parser.add_argument("artifact", type=Path, nargs="?", help="an executable file, or a script with #!")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="what the program gets")
    return parser


def _digest(text: str) -> str:
    found = text.lower().removeprefix("sha256:")
    if len(found) != 64 or not set(found) <= set("0123456789abcdef"):
        raise argparse.ArgumentTypeError("a SHA-256 has 64 hexadecimal digits")
    return found
