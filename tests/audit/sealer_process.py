"""`python -m tests.audit.sealer_process ADDRESS FILE`: begins a sealer for every line that it reads, and names it.

The sealers are processes of their own, which work until somebody kills them; each goes on from what the last one kept
in the file.
"""

from __future__ import annotations

import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from audit.integrity.integrating import Sealer
from audit.integrity.memory import Memory
from audit.verify.notes import LOG, new_signer


def seal(address: str, kept: Path) -> None:
    """Take turns until killed."""
    signer = new_signer("sealbook.test/book", LOG, b"the log's seed, 32 bytes of it..")
    with psycopg.connect(address) as connection:
        sealer = Sealer(connection, signer, most=40, memory=Memory(kept, signer.verifier))
        while os.getppid() != 1:
            sealer.turn(now=datetime.now(UTC))


if __name__ == "__main__":
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for _ in sys.stdin:
        pid = os.fork()
        if pid == 0:
            seal(sys.argv[1], Path(sys.argv[2]))
            os._exit(0)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()
