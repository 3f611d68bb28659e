"""The verifier's commands. Exit status: 0 all is well, 1 it is not, 2 cannot tell."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

from . import witness_command
from .checkpoints import Keys, signed
from .demands import LATE, SHORTEST_RETENTION, Demands
from .exports import LineRefused
from .notes import Checkpoint, Note, NoteRefused, Verifier, read_checkpoint, read_note, read_verifier
from .proving import is_about, is_entry, last_checkpoint, leaves, prove, read_proof
from .reports import Finding, Report, Verdict
from .tree import ProofRefused, check_inclusion, leaf_hash
from .verifying import verify

LARGEST_BODY = 1 << 24

DESCRIPTION = """\
Checks the audit log of a Sealbook without trusting it or whoever runs it.

Works on an export (`sealbook export_book FILE`) and on the public keys of the log and of its witnesses, which you
should have from somewhere else than the export."""

EPILOG = """\
exit status: 0 all is well; 1 the log was tampered with: the first bad index is named; 2 cannot tell, e.g. an export
that was cut off on its way, a file that cannot be read, a key that signed nothing here"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:1] == ["witness"]:
        return witness_command.main(words[1:])
    chosen = _parser().parse_args(words)
    try:
        return int(chosen.run(chosen))
    except ProofRefused as error:
        sys.stderr.write(f"{error}\n")
        return Verdict.BROKEN
    except (LineRefused, NoteRefused, OSError, UnicodeDecodeError) as error:
        sys.stderr.write(f"cannot tell: {error}\n")
        return Verdict.UNKNOWN


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="audit-verifier",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    one = commands.add_parser("verify", help="compute everything anew from the bodies and compare")
    one.add_argument("export", help="file, or - for the standard input")
    one.add_argument("--since", metavar="CHECKPOINT", type=Path, help="a checkpoint that you kept: it must still hold")
    add_demands(one)
    _keys(one)
    one.set_defaults(run=_verify)

    one = commands.add_parser("checkpoint", help="print the last checkpoint: keep it for the next time")
    one.add_argument("export", help="file, or - for the standard input")
    one.set_defaults(run=_checkpoint)

    one = commands.add_parser("prove", help="print the proof that an entry is in the log (C2SP tlog-proof)")
    one.add_argument("export", type=Path)
    one.add_argument("entry", help="index or id")
    one.set_defaults(run=_prove)

    one = commands.add_parser("check", help="check such a proof, without an export")
    one.add_argument("proof", type=Path)
    one.add_argument("body", type=Path, help="the entry, to the byte")
    _keys(one)
    one.set_defaults(run=_check)

    one = commands.add_parser("consistency", help="check that a later export begins with what was there before")
    one.add_argument("old", type=Path, help="a checkpoint, or an export, which tells where the first difference is")
    one.add_argument("new", type=Path, help="an export")
    add_demands(one)
    _keys(one)
    one.set_defaults(run=_consistency)

    one = commands.add_parser("subject-report", help="print all entries about a person with their proofs (JSON lines)")
    one.add_argument("export", type=Path)
    one.add_argument("handle", help="under which the log knows the person: 32 hexadecimal digits")
    one.set_defaults(run=_subject_report)
    commands.add_parser("witness", help="run a witness: it cosigns checkpoints of a log as long as that only grows")
    return parser


def _keys(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--log-key", metavar="KEY", required=True, help="public key of the log, or a file with it")
    parser.add_argument("--witness", metavar="KEY", action="append", default=[], help="of a witness; may be repeated")
    parser.add_argument("--quorum", metavar="N", type=int, help="how many witnesses must agree (default: one, if any)")


def add_demands(parser: argparse.ArgumentParser) -> None:
    """Add the options that say what is demanded of a book, and `--json`."""
    parser.add_argument(
        "--late",
        metavar="SECONDS",
        type=_counted,
        default=int(LATE.total_seconds()),
        help="older entries are back-dated",
    )
    parser.add_argument(
        "--keep-months", metavar="N", type=_counted, default=SHORTEST_RETENTION,
        help="bodies had to stay for so many whole months: none may be gone earlier (default: 1)",
    )  # fmt: skip
    parser.add_argument(
        "--witnessed-within", metavar="HOURS", type=_counted,
        help="witnesses must have seen it within so many hours; else it cannot tell",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")


def demands_of(late: int, keep_months: int, witnessed_within: int | None, *, keys: Keys) -> Demands:
    """Return what the options demand. Raises `NoteRefused` where they ask for witnesses and name none."""
    after = None
    if witnessed_within is not None:
        if not keys.quorum:
            raise NoteRefused("when witnesses saw it is told by their keys: name them")
        after = datetime.now(UTC) - timedelta(hours=witnessed_within)
    return Demands(timedelta(seconds=late), max(keep_months, SHORTEST_RETENTION), after)


def _demands(chosen: argparse.Namespace, keys: Keys) -> Demands:
    return demands_of(chosen.late, chosen.keep_months, chosen.witnessed_within, keys=keys)


def _counted(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 8):
        raise argparse.ArgumentTypeError("a number from 0 on")
    return int(text)


def _verify(chosen: argparse.Namespace) -> Verdict:
    keys = _keys_of(chosen)
    kept = kept_note(chosen.since, keys) if chosen.since else None
    with _opened(chosen.export) as lines:
        return _told(verify(lines, keys=keys, kept=kept, demands=_demands(chosen, keys)), chosen)


def _checkpoint(chosen: argparse.Namespace) -> Verdict:
    with _opened(chosen.export) as lines:
        sys.stdout.write(str(last_checkpoint(lines)))
    return Verdict.WHOLE


def _prove(chosen: argparse.Namespace) -> Verdict:
    found = prove(lambda: _lines(chosen.export), is_entry(chosen.entry))
    if not found:
        raise LineRefused("the signed tree has no such entry, or its body is not in this export")
    sys.stdout.write(str(found[0].proof))
    return Verdict.WHOLE


def _check(chosen: argparse.Namespace) -> Verdict:
    keys, proof = _keys_of(chosen), read_proof(chosen.proof.read_text())
    with chosen.body.open("rb") as file:
        body = file.read(LARGEST_BODY).removesuffix(b"\n")
    try:
        seen = signed(proof.note, keys)
    except NoteRefused as error:
        raise ProofRefused(str(error)) from None
    told = seen.told
    check_inclusion(leaf=leaf_hash(body), index=proof.index, size=told.size, root=told.root, proof=proof.hashes)
    if keys.quorum and seen.at is None:
        raise NoteRefused("the entry is in the log, and not enough witnesses have seen this checkpoint")
    sys.stdout.write(f"entry {proof.index} of {told.size}\n")
    return Verdict.WHOLE


def _consistency(chosen: argparse.Namespace) -> Verdict:
    keys, is_export = _keys_of(chosen), _is_export(chosen.old)
    note = last_checkpoint(_lines(chosen.old)) if is_export else read_note(chosen.old.read_text())
    kept = _kept(note, keys)
    report = verify(_lines(chosen.new), keys=keys, kept=kept, demands=_demands(chosen, keys))
    different = _first_difference(chosen.old, chosen.new) if is_export else None
    if different is not None:
        report.add(Finding(different, different + 1, "kept", "the entry is another one than it was"))
    return _told(report, chosen)


def _subject_report(chosen: argparse.Namespace) -> Verdict:
    found = prove(lambda: _lines(chosen.export), is_about(chosen.handle))
    for each in found:
        told = {"index": each.leaf.index, "entry": each.leaf.body.decode(), "proof": str(each.proof)}
        sys.stdout.write(json.dumps(told) + "\n")
    without = sum(not leaf.body for leaf in leaves(_lines(chosen.export)))
    sys.stderr.write(f"{len(found)} entries; {without} others have no body in this export\n")
    return Verdict.WHOLE


def _told(report: Report, chosen: argparse.Namespace) -> Verdict:
    sys.stdout.write((report.as_json() if chosen.json else report.as_text()) + "\n")
    return report.verdict


def _first_difference(old: Path, new: Path) -> int | None:
    """Return the first index that both exports have and at which they differ."""
    try:
        return _difference(old, new)
    except LineRefused:
        return None


def _difference(old: Path, new: Path) -> int | None:
    before, after = leaves(_lines(old)), leaves(_lines(new))
    left, right = next(before, None), next(after, None)
    while left is not None and right is not None:
        if left.index < right.index:
            left = next(before, None)
        elif left.index > right.index:
            right = next(after, None)
        elif left.hash != right.hash:
            return left.index
        else:
            left, right = next(before, None), next(after, None)
    return None


def kept_note(path: Path, keys: Keys) -> Checkpoint:
    """Read a checkpoint that was kept. Raises `NoteRefused` where the log has not signed it, and `OSError`."""
    return _kept(read_note(path.read_text()), keys)


def _kept(note: Note, keys: Keys) -> Checkpoint:
    """Return a checkpoint that was kept: signed by the log, whoever else signed it."""
    note.signed_by(keys.log)
    return read_checkpoint(note)


def _keys_of(chosen: argparse.Namespace) -> Keys:
    witnesses = tuple(map(key_given, chosen.witness))
    quorum = min(1, len(witnesses)) if chosen.quorum is None else chosen.quorum
    return Keys(key_given(chosen.log_key), witnesses, quorum)


def key_given(text: str) -> Verifier:
    """Read a public key, or the file that holds it. Raises `NoteRefused` and `OSError`."""
    try:
        return read_verifier(text)
    except NoteRefused:
        return read_verifier(Path(text).read_text())


def _opened(name: str) -> IO[bytes]:
    return sys.stdin.buffer if name == "-" else Path(name).open("rb")


def _lines(path: Path) -> Iterable[bytes]:
    with path.open("rb") as file:
        yield from file


def _is_export(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"log\t"
