"""The verifier as one file that runs anywhere (PEP 441): the same bytes for the same sources."""

from __future__ import annotations

from hashlib import sha256
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile, ZipInfo

NAME = "audit_verifier"
_SHEBANG = b"#!/usr/bin/env python3\n"
_MAIN = f"import sys\n\nfrom {NAME}.cli import main\n\nsys.exit(main())\n".encode()
_EPOCH = (1980, 1, 1, 0, 0, 0)


def packed() -> bytes:
    """Return this package as a program in one file."""
    sources = {f"{NAME}/{path.name}": path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py"))}
    held = BytesIO(_SHEBANG)
    held.seek(len(_SHEBANG))
    with ZipFile(held, "w", ZIP_STORED) as archive:
        for name, text in {"__main__.py": _MAIN, **sources}.items():
            entry = ZipInfo(name, _EPOCH)
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            archive.writestr(entry, text)
    return held.getvalue()


def digest(program: bytes) -> str:
    """Return the SHA-256 by which an auditor knows the program."""
    return sha256(program).hexdigest()
