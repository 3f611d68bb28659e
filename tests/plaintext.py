"""Looking for a mark wherever bytes may lie: the forms it may take, and the places that are searched."""

from __future__ import annotations

import os
import secrets
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import redis
from psycopg.sql import SQL, Identifier

KEYRING = frozenset({"keyring.json"})


class Marks:
    """One run's marks: words and digits that occur nowhere else in the world."""

    def __init__(self) -> None:
        self.word = "".join(secrets.choice("bcdfghjklmnpqrstvwxz") for _ in range(14))
        self.digits = "".join(secrets.choice("23456789") for _ in range(11))
        self.name = f"Ada {self.word}"
        self.email = f"{self.word}@example.com"
        self.phone = f"+49 151 {self.digits}"
        self.free_text = f"She said: {self.word} called from {self.digits}"
        self.forms = {"word": forms_of(self.word), "digits": forms_of(self.digits)}


DAMAGED = 4
"""Bad records of a damaged file."""


def damaged_file(marks: Marks, *, first: str = "id,note,mail", delimiter: str = ",") -> str:
    """A file whose first record is good and whose others are bad, each in its own way, with marks in all of them."""
    lines = [
        first,
        f"{uuid4()},{marks.free_text},imported-{marks.email}",
        f"{uuid4()},{marks.free_text},{marks.word} {marks.digits}",
        f"{marks.phone},{marks.free_text},other-{marks.email}",
        f"{uuid4()},{marks.word},{marks.email},{marks.digits}",
        f'{uuid4()},"{marks.word}" said,more-{marks.email}',
    ]
    return "\n".join([*lines, ""]).replace(",", delimiter)


def forms_of(mark: str) -> set[bytes]:
    """Every form in which somebody could recognise a mark: encodings, spellings, backwards."""
    spellings = {mark, mark.upper(), mark.title(), mark[::-1]}
    encoded = {text.encode(codec) for text in spellings for codec in ("utf-8", "utf-16-le", "utf-16-be")}
    plain = mark.encode()
    # base64 of a text that contains the mark depends on where it begins; the outer characters on its neighbours.
    padded = {b64encode(b"\0" * shift + plain)[(4, 4, 4)[shift] if shift else 0 : -4] for shift in range(3)}
    hexadecimal = {plain.hex().encode(), plain.hex().upper().encode(), mark[::-1].encode().hex().encode()}
    return encoded | padded | hexadecimal


def in_bytes(data: bytes, marks: dict[str, set[bytes]]) -> set[str]:
    """The names of the marks that occur in a piece of memory."""
    return {name for name, forms in marks.items() if any(data.find(form) >= 0 for form in forms)}


def in_files(folder: Path, marks: dict[str, set[bytes]], *, but: frozenset[str] = frozenset()) -> dict[str, set[str]]:
    """What each file under a folder contains; files that vanish meanwhile are left out."""
    found: dict[str, set[str]] = {}
    # `walk` passes over folders that vanish while it lists them, as those of a database that is dropped do.
    for path in (Path(parent, name) for parent, _, names in os.walk(folder) for name in names):
        if path.name in but or path.is_symlink() or not path.is_file():
            continue
        try:
            # Read, not mapped: a server that truncates a mapped file ends the reader with a bus error.
            data = path.read_bytes()
        except FileNotFoundError:
            continue
        if marked := in_bytes(data, marks):
            found[str(path)] = marked
    return found


def in_tables(url: str, marks: dict[str, set[bytes]]) -> dict[str, set[str]]:
    """What each table contains as text: PostgreSQL may keep long values compressed in its files."""
    found: dict[str, set[str]] = {}
    with psycopg.connect(url) as superuser:
        tables = superuser.execute(
            "select relname from pg_class where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace"
        ).fetchall()
        for (table,) in tables:
            rows = superuser.execute(SQL("select t::text from {} t").format(Identifier(table)))
            text = "\n".join(row[0] for row in rows).encode()
            if marked := in_bytes(text, marks):
                found[table] = marked
    return found


def in_redis(url: str, marks: dict[str, set[bytes]]) -> dict[str, set[str]]:
    """What each key of every database of the server contains, names included."""
    found: dict[str, set[str]] = {}
    for database in range(16):
        with redis.Redis.from_url(f"{url.rpartition('/')[0]}/{database}") as server:
            for key in server.scan_iter(count=1000):
                if marked := in_bytes(b"\n".join([key, *_pieces(server, key)]), marks):
                    found[repr(key)] = marked
    return found


def _pieces(server: Any, key: bytes) -> Iterator[bytes]:
    match server.type(key):
        case b"string":
            yield server.get(key) or b""
        case b"hash":
            for name, value in server.hgetall(key).items():
                yield from (name, value)
        case b"list":
            yield from server.lrange(key, 0, -1)
        case b"set":
            yield from server.smembers(key)
        case b"zset":
            yield from server.zrange(key, 0, -1)
        case b"stream":
            for _, fields in server.xrange(key):
                for name, value in fields.items():
                    yield from (name, value)
        case kind:
            raise AssertionError(f"a key of kind {kind!r} is not searched")


def searched(role_url: Callable[[str], str], marks: Mapping[str, set[bytes]]) -> dict[str, set[str]]:
    """Every place where a mark could lie, after all of it was written out."""
    known = dict(marks)
    with psycopg.connect(role_url("superuser"), autocommit=True) as superuser:
        superuser.execute("checkpoint")
        row = superuser.execute("show data_directory").fetchone()
    assert row is not None
    places = {Path(row[0]), Path(os.environ["SEALBOOK_STATE"])}
    found: dict[str, set[str]] = {}
    for place in places:
        assert any(place.iterdir()), f"{place} cannot be searched"
        found |= in_files(place, known, but=KEYRING)
    return found | in_tables(role_url("superuser"), known) | in_redis(os.environ["REDIS_URL"], known)
