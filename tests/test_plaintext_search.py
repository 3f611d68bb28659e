"""The search for plaintext finds what was left, or its silence would mean nothing."""

from __future__ import annotations

import contextlib
import os
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

import pytest
import redis
from django.db import connections

from tests.plaintext import Marks, in_files, in_redis, searched

pytestmark = pytest.mark.django_db(transaction=True)


LEAKS: dict[str, Callable[[str], str]] = {
    "plain": lambda mark: mark,
    "upper": lambda mark: mark.upper(),
    "backwards": lambda mark: mark[::-1],
    "hexadecimal": lambda mark: mark.encode().hex(),
    "base64": lambda mark: b64encode(f"x{mark}yz".encode()).decode(),
}


def test_the_search_finds_a_mark_that_was_left_in_any_form(role_url: Callable[[str], str]) -> None:
    mark = Marks()
    left = {form: f"before {leak(mark.word)} after" for form, leak in LEAKS.items()}
    known = {form: {one for one in mark.forms["word"] if one in text.encode()} for form, text in left.items()}
    with connections["owner"].cursor() as cursor:
        cursor.execute("create table left_open (note text)")
        try:
            cursor.executemany("insert into left_open values (%s)", [[text] for text in left.values()])
            found = searched(role_url, known)
        finally:
            cursor.execute("drop table left_open")
    assert found["left_open"] == set(LEAKS)
    in_files = set().union(*(names for place, names in found.items() if "base" in place or "pg_wal" in place))
    assert in_files == set(LEAKS)


def test_the_search_finds_a_mark_in_redis_and_in_a_file(tmp_path: Path) -> None:
    mark = Marks()
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "log").write_text(f"number {mark.digits}", encoding="utf-16")
    assert in_files(tmp_path, mark.forms) == {str(tmp_path / "state" / "log"): {"digits"}}
    with contextlib.closing(redis.Redis.from_url(os.environ["REDIS_URL"])) as server:
        server.hset("left-open", "field", mark.word)
        try:
            assert in_redis(os.environ["REDIS_URL"], mark.forms) == {"b'left-open'": {"word"}}
        finally:
            server.delete("left-open")
