"""Attacks through what scripts may ask of this process: nothing bends the wire, nothing harms whoever comes next."""

from __future__ import annotations

from contextlib import suppress
from time import monotonic, sleep
from typing import Any

import pytest

from governance.policies.sandbox import ScriptError, ScriptFault, ScriptKilled, pool, run_policy

from .conftest import Host, judged, script

NAMES = frozenset({"getSecret", "networkRequest", "auditLog"})


def using(body: str) -> Any:
    return script(f"function policy(context, params) {{ {body} }}", host_calls=NAMES)


def answering(answer: Any = "fine") -> Host:
    return Host(lambda *_: answer)


@pytest.mark.parametrize(
    "body",
    [
        "getSecret = () => 'mine'; return getSecret() === 'mine'",
        "getSecret.call = 1; return true",
        "Object.prototype.toJSON = () => 'x'; return true",
        "Array.prototype.toJSON = () => 'x'; return true",
        "String.prototype.slice = () => '\"x\"'; return true",
        "Object.defineProperty(getSecret, 'name', { value: 'networkRequest' }); return true",
        "getSecret.prototype.x = 1; return true",
    ],
    ids=["shadowed", "property", "object-json", "array-json", "slice", "renamed", "prototype"],
)
def test_a_script_changes_nothing_about_its_means(body: str) -> None:
    changed = using(body)
    first = run_policy(changed, [{}], {}, host=answering())
    assert first in ([ScriptFault("error", 1)], [True])
    host = answering()
    kept = using("return getSecret('name') === 'fine' && networkRequest({ url: 'u' }) === 'fine'")
    assert run_policy(kept, [{}], {}, host=host) == [True]
    assert host.asked == [("getSecret", ["name"]), ("networkRequest", [{"url": "u"}])]
    if first == [True]:  # it shadowed the name for itself, in that one call
        assert "=>" in body and "getSecret =" in body


def test_an_answer_cannot_pollute_what_all_objects_have() -> None:
    poisoned = {"__proto__": {"isAdmin": True}, "constructor": {"prototype": {"isAdmin": True}}, "toJSON": 1}
    looks = using("const found = networkRequest({}); return ({}).isAdmin === undefined && found !== null")
    assert run_policy(looks, [{}, {}], {}, host=answering(poisoned)) == [True, True]
    assert judged("return ({}).isAdmin === undefined") == [True]


def test_what_a_script_passes_is_read_once_and_as_json() -> None:
    host = answering()
    tricky = using(
        "let reads = 0; const asked = { get url() { reads++; return reads > 1 ? 'second' : 'first'; } };"
        "networkRequest(asked); networkRequest({ toJSON() { return { url: 'made' }; } }); return reads === 1"
    )
    assert run_policy(tricky, [{}], {}, host=host) == [True]
    assert host.asked == [("networkRequest", [{"url": "first"}]), ("networkRequest", [{"url": "made"}])]


@pytest.mark.parametrize(
    "body",
    [
        "const a = []; a.push(a); networkRequest(a); return true",
        "let deep = 'x'; for (let i = 0; i < 100000; i++) deep = [deep]; networkRequest(deep); return true",
        "networkRequest({ get url() { return networkRequest({ url: this.url }); } }); return true",
        "networkRequest(1n); return true",
        "const f = () => f(); getSecret(f()); return true",
    ],
    ids=["circle", "deep", "recursive", "no-json", "stack"],
)
def test_what_cannot_be_written_down_is_not_asked(body: str) -> None:
    host = answering()
    with suppress(ScriptError):
        assert run_policy(using(body), [{}], {}, host=host)[0] is not True
    assert host.asked == []
    assert judged("return true") == [True]


@pytest.mark.parametrize("size", [300_000, 3_000_000, 12_000_000])
def test_a_huge_question_ends_its_call_or_is_asked_but_leaves_the_helper_in_order(size: int) -> None:
    with suppress(ScriptError):
        run_policy(using(f"networkRequest('x'.repeat({size})); return true"), [{}], {}, host=answering())
    assert judged("return true") == [True]


def test_a_huge_answer_counts_as_the_scripts_memory() -> None:
    grows = using("const all = []; for (;;) all.push(networkRequest({}))")
    with pytest.raises(ScriptKilled):
        run_policy(grows, [{}], {}, host=answering("x" * 500_000))
    assert judged("return true") == [True]


def test_a_flood_of_questions_is_cut_off() -> None:
    host = answering()
    with pytest.raises(ScriptKilled):
        run_policy(using("for (;;) auditLog('x')"), [{}], {}, host=host)
    assert len(host.asked) <= 3_000
    assert judged("return true") == [True]


def test_an_answer_that_comes_after_the_time_is_nobodys() -> None:
    asks = script("function policy() { return getSecret('x') === 'late' }", host_calls=frozenset({"getSecret"}))
    late = Host(lambda *_: sleep(pool().limits.wall_milliseconds / 1000 + 0.4) or "late")
    started = monotonic()
    with pytest.raises(ScriptKilled):
        run_policy(asks, [{}], {}, host=late)
    assert monotonic() - started < 4
    assert run_policy(using("return getSecret('x') === 'fine'"), [{}], {}, host=answering()) == [True]
