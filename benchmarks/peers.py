"""The bulk read against Django fields that encrypt: the same values, read as model instances."""

from __future__ import annotations

import http.client
from collections.abc import Callable, Sequence
from typing import Any

import orjson
from django.db import connections, models
from encrypted_fields.fields import EncryptedTextField  # type: ignore[import-untyped]  # the package has no types
from encrypted_model_fields.fields import EncryptedTextField as ModelTextField  # type: ignore[import-untyped]  # no types either

from benchmarks.bars import Report, interleaved, medians, ratio, seconds_of
from benchmarks.bulk import bulk_read, floor_read
from benchmarks.packed import pack, packed_read
from benchmarks.seeding import COLUMNS, SUBJECTS, Store
from benchmarks.stage import peak_megabytes, web
from governance.actions.signing import ensure_signing_key
from governance.tokens.access import issue_access_token

PATH = "/userstore/api/accessors"
_READ_BYTES = 1 << 18


class FernetPerson(models.Model):
    """A person whose values django-fernet-encrypted-fields encrypts."""

    full_name = EncryptedTextField()
    phone = EncryptedTextField()
    contact_email = EncryptedTextField()

    class Meta:
        app_label = "benchmarks"

    def __str__(self) -> str:
        return str(self.pk)


class ModelFieldsPerson(models.Model):
    """A person whose values django-encrypted-model-fields encrypts."""

    full_name = ModelTextField()
    phone = ModelTextField()
    contact_email = ModelTextField()

    class Meta:
        app_label = "benchmarks"

    def __str__(self) -> str:
        return str(self.pk)


PEERS: dict[str, Any] = {
    "django-fernet-encrypted-fields": FernetPerson,
    "django-encrypted-model-fields": ModelFieldsPerson,
}


def measure_peers(store: Store, report: Report) -> None:
    """Peers: everybody's values in process, by Sealbook with all its rules, by others as instances without any.

    Beside them what one packed row per person would give, and what fetching and opening cost without a rule.
    """
    bulk = bulk_read(store)
    people = bulk()
    for model in PEERS.values():
        _fill(model, people)
    pack(store, people)
    packed, floor = packed_read(store), floor_read(store)
    assert packed() == floor() == people
    cases = {name: seconds_of(lambda model=model: list(model.objects.all())) for name, model in PEERS.items()}  # type: ignore[misc]  # mypy knows no default of a lambda
    ours = {"bulk": seconds_of(bulk), "packed": seconds_of(packed), "floor": seconds_of(floor)}
    found = interleaved({**ours, **cases})
    each = medians(found)
    for name in PEERS:
        floor_ratio, packed_ratio = ratio(found, name, "floor"), ratio(found, name, "packed")
        report.bar(
            f"bulk accessor in process, faster than {name}", ratio(found, name, "bulk"), ">=", 3, "x",
            f"{_rate(each['bulk'])}, {name} {_rate(each[name])}",
            known_because=f"One row per value: fetching and opening alone, without a rule, are {floor_ratio:.1f} x; "
            f"one packed row per person with the same rules is {packed_ratio:.1f} x.",
        )  # fmt: skip
        report.bar(f"a packed row per person, faster than {name}", packed_ratio, ">=", 3, "x", _rate(each["packed"]))


def measure_stream(store: Store, report: Report) -> None:
    """Stream: the same read over HTTP as NDJSON, one worker, against the read in process, and what the worker holds."""
    token, _ = issue_access_token(store.client, key=ensure_signing_key())
    bulk = bulk_read(store)
    with web() as port:
        stream = stream_read(store, port, token)
        assert stream() == SUBJECTS
        found = interleaved({"bulk": seconds_of(bulk), "stream": seconds_of(stream)})
        peak = peak_megabytes(port)
    each = medians(found)
    report.bar(
        "bulk accessor over HTTP as NDJSON, of the read in process",
        100 * ratio(found, "bulk", "stream"),
        ">=",
        70,
        "%",
        f"{_rate(each['stream'])}, in process {_rate(each['bulk'])}",
    )
    detail = f"{len(found['stream']) + 1} streams of {SUBJECTS * len(COLUMNS)} values"
    report.bar("memory of the worker that streams, at its peak", peak, "<=", 200, "MB", detail)


def stream_read(store: Store, port: int, token: str) -> Callable[[], int]:
    """Read everybody over HTTP; returns how many rows came, after a stream that ended as it should."""
    body = orjson.dumps({"accessor_id": store.everyone, "context": {}, "selector_values": []})
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json",
        "Accept": "application/x-ndjson",
    }

    def run() -> int:
        caller = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        caller.request("POST", PATH, body, headers)
        answer = caller.getresponse()
        lines, last = 0, b""
        while part := answer.read(_READ_BYTES):
            lines += part.count(b"\n")
            last = (last + part)[-512:]
        caller.close()
        chunk = orjson.loads(last.splitlines()[-1])["$chunk"]
        if chunk["next"] != "end":
            raise RuntimeError("the stream was cut")
        chunks = -(-SUBJECTS // 1500)
        return lines - chunks

    return run


def _fill(model: Any, people: Sequence[dict[str, str]]) -> None:
    with connections["owner"].schema_editor() as editor:
        editor.create_model(model)
        editor.execute(f"grant select, insert on {model._meta.db_table} to sealbook_app")
        editor.execute("grant usage on all sequences in schema public to sealbook_app")
    model.objects.bulk_create(model(**person) for person in people)
    with connections["owner"].cursor() as cursor:
        cursor.execute(f"vacuum analyze {model._meta.db_table}")
    connections["owner"].close()


def _rate(seconds: float) -> str:
    return f"{SUBJECTS * len(COLUMNS) / seconds / 1000:.0f} k values/s"
