"""Entries with the proofs of their places as one file, to be checked where nobody knows Sealbook."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import orjson

from audit.integrity.places import place_of
from audit.queries import EntryView

README = """\
entries/     entries of the audit log, to the byte
proofs/      that each of them is at its place in the tree that the log has signed (C2SP tlog-proof)
about.json   what this is about, and which entries were not there any more, or had no place yet

To check one of them, on any machine with Python 3.11, `cryptography` and the verifier:

    python -I audit-verifier.pyz check proofs/ID.tlog-proof entries/ID.json --log-key log.pub --witness witness.pub

Have the verifier and the public keys from somewhere else than this file.
"""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A ZIP file, and how many entries and proofs are in it."""

    content: bytes
    entries: int
    proofs: int


def bundled(entries: Iterable[EntryView], *, about: Mapping[str, Any]) -> Bundle:
    """Put entries and their proofs into one file. Raises `AuditorNotConfigured`.

    The same entries under the same checkpoint give the same bytes.
    """
    sink, proven, without = io.BytesIO(), 0, []
    known = list(entries)
    with ZipFile(sink, "w") as archive:
        for each in known:
            _put(archive, f"entries/{each.id}.json", each.text.encode())
            place = place_of(each)
            if place is None:
                without.append(str(each.id))
            else:
                _put(archive, f"proofs/{each.id}.tlog-proof", str(place.proof).encode())
                proven += 1
        told = {**about, "entries": [str(each.id) for each in known], "without_proof": without}
        _put(archive, "about.json", orjson.dumps(told, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS))
        _put(archive, "README.txt", README.encode())
    return Bundle(sink.getvalue(), len(known), proven)


def _put(archive: ZipFile, name: str, content: bytes) -> None:
    file = ZipInfo(name)  # of 1980: when it was packed is nobody's business
    file.compress_type, file.external_attr = ZIP_DEFLATED, 0o600 << 16
    archive.writestr(file, content)
