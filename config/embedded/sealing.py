"""What the sealer of the book and its witness are given, and no other process: a role, and the keys that sign."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from audit.errors import LogKeyUnusable
from audit.integrity.keys import make_key, read_key
from audit.verify.notes import LOG, WITNESS, Signer
from config.embedded.errors import LaunchError
from config.embedded.ports import LOOPBACK
from config.embedded.state import StateDirectory


@dataclass(frozen=True)
class Sealing:
    """How sealer and witness are started; `sealer` is empty where a sealer runs elsewhere, `witness` where one does."""

    sealer: dict[str, str] = field(default_factory=dict)
    witness: tuple[str | Path, ...] = ()


def provide_sealing(state: StateDirectory, *, sealer_url: str, environ: Mapping[str, str] = os.environ) -> Sealing:
    """Make the keys that are missing and say how to start.

    Raises `LaunchError` where a key cannot be used.
    """
    if not sealer_url:
        return Sealing()
    given = environ.get("SEALBOOK_LOG_KEY")
    path = Path(given or state.root / "log.key")
    sealer = {"DATABASE_SEALER_URL": sealer_url, "SEALBOOK_LOG_KEY": str(path)}
    try:
        log = _key(path, name=f"sealbook-{secrets.token_hex(4)}/book", kind=LOG)
        if "SEALBOOK_WITNESSES" in environ:
            return Sealing(sealer | {"SEALBOOK_WITNESSES": environ["SEALBOOK_WITNESSES"]})
        own = state.root / "witness.key"
        witness = _key(own, name=f"witness-of-{log.name}", kind=WITNESS)
    except LogKeyUnusable as error:
        raise LaunchError(f"The key of the audit log cannot be used: {error}.") from None
    address = f"{LOOPBACK}:{state.port('witness')}"
    sealer["SEALBOOK_WITNESSES"] = f"{witness.verifier} http://{address}"
    kept = state.root / "witness.json"
    command = (sys.executable, "-m", "audit.verify.witness_command", "--key", own, "--log", str(log.verifier))
    return Sealing(sealer, (*command, "--state", kept, "--listen", address))


def _key(path: Path, *, name: str, kind: int) -> Signer:
    if path.exists():
        return read_key(path, kind=kind)
    signer = make_key(path, name=name, kind=kind)
    path.with_suffix(".pub").write_text(f"{signer.verifier}\n")
    return signer
