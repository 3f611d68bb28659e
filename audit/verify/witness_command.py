"""`python -m audit.verify.witness_command`: a witness that listens until it is stopped."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from .notes import LOG, WITNESS, NoteRefused, Signer, Verifier, read_signer, read_verifier
from .witness import Witness, serve

READY_VARIABLE = "SEALBOOK_READY_FILE"
"""Names a file to touch once it listens, where somebody waits for that."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a witness; return 2 where it cannot begin, 0 when it was asked to stop."""
    parser = argparse.ArgumentParser(
        prog="witness",
        description="Cosign the checkpoints of one log (C2SP tlog-witness) as long as it only grows. Run it under "
        "another account or on another machine than the log, and behind TLS beyond this machine.",
    )
    parser.add_argument("--key", type=Path, required=True, help="file of the witness's private key, mode 600")
    parser.add_argument("--log", required=True, help="the log's public key: name+hash+key, or a file that holds it")
    parser.add_argument("--state", type=Path, required=True, help="file in which it keeps what it has seen")
    parser.add_argument("--listen", default="127.0.0.1:8101", help="host:port (default: 127.0.0.1:8101)")
    chosen = parser.parse_args(arguments)
    try:
        witness = Witness(signer=_own_key(chosen.key), log=_log_key(chosen.log), kept=chosen.state)
        host, _, port = chosen.listen.rpartition(":")
        server = serve(witness, host=host, port=int(port))
    except (NoteRefused, OSError, ValueError) as error:
        sys.stderr.write(f"witness: {error}\n")
        return 2
    signal.signal(signal.SIGTERM, _stop)
    if ready := os.environ.get(READY_VARIABLE):
        Path(ready).touch(mode=0o600)
    sys.stderr.write(f"witness: {witness.size} entries seen, listening on {host}:{server.server_address[1]}\n")
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()
    return 0


def _own_key(path: Path) -> Signer:
    if path.stat().st_mode & 0o077:
        raise NoteRefused(f"{path}: others may read it; chmod 600, and think of it as known")
    signer = read_signer(path.read_text())
    if signer.kind != WITNESS:
        raise NoteRefused(f"{path}: this is no key of a witness")
    return signer


def _log_key(text: str) -> Verifier:
    found = read_verifier(text if "+" in text else Path(text).read_text())
    if found.kind != LOG:
        raise NoteRefused("--log: this is no key of a log")
    return found


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
