"""Scripts that want more than they may: each ends in time, with an error of its kind, and the next call is right."""

from __future__ import annotations

from time import monotonic
from typing import Any

import pytest

from governance.policies import sandbox
from governance.policies.sandbox import ScriptFault, ScriptKilled, ScriptSuspended, run_policy, run_transform

from .conftest import judged, policy, script

GENEROUS = 3.0
"""Seconds: limits are 50 ms of CPU and 250 ms of wall; the machine that runs the tests may be busy."""


@pytest.fixture(autouse=True)
def the_next_call_is_right() -> Any:
    """After every attack another script, and the pool as a whole, still work."""
    yield
    assert judged("return context.n > 1", {"n": 1}, {"n": 2}) == [False, True]


@pytest.mark.parametrize(
    ("body", "kinds"),
    [
        ("for (;;);", {"timeout"}),
        ("while (true) { try { for (;;); } catch (e) { } finally { continue } }", {"timeout"}),
        ("[3, 1, 2].sort(() => { for (;;); }); return true", {"timeout"}),
        ("return /(a+)+$/.test('a'.repeat(40) + 'b')", {"timeout"}),
        ("throw { get stack() { for (;;); } }", set()),
        ("throw new Proxy({}, { getPrototypeOf() { for (;;); } })", {"timeout"}),
        (
            "const s = 'a'.repeat(1 << 20); let n = 0; for (let i = 0; i < 1e7; i++) n += s.indexOf('b'); return true",
            {"timeout"},
        ),
        ("const all = []; for (;;) all.push(new Array(1000).fill(1))", {"memory", "timeout"}),
        ("let s = 'x'; for (;;) s += s", {"memory"}),
        ("return new Uint8Array(1e9).length > 0", {"memory"}),
        ("return 'x'.repeat(2 ** 29).length > 0", {"memory"}),
        ("throw null", {"memory"}),
        ("throw undefined", {"memory"}),
        ("throw new InternalError('x')", {"crash"}),
        ("const big = 2n ** 400000n; let n = big; for (;;) n = (n * big) % (big - 1n)", {"timeout"}),
    ],
)
def test_a_limit_ends_the_whole_call(body: str, kinds: set[str]) -> None:
    started = monotonic()
    if kinds:
        with pytest.raises(ScriptKilled) as ended:
            judged(body)
        assert ended.value.cause in kinds
    else:
        assert judged(body) == [ScriptFault("error")]
    assert monotonic() - started < GENEROUS


@pytest.mark.parametrize(
    "source", ["for (;;);\nfunction policy() { return true }", "const policy = (() => { for (;;); })()"]
)
def test_a_script_that_loops_before_it_is_asked_is_ended(source: str) -> None:
    with pytest.raises(ScriptKilled) as ended:
        run_policy(script(source), [{}], {})
    assert ended.value.cause == "timeout"


@pytest.mark.parametrize(
    "body",
    [
        "return policy(context, params)",
        "return JSON.parse('['.repeat(1000000)) === 1",
        "let deep = []; for (let i = 0; i < 5000; i++) deep = [deep]; return JSON.stringify(deep) === ''",
        "throw new Error('x'.repeat(1000000))",
        "return require('fs') === 1",
        "return process.exit() === 1",
        "return std.open('/etc/passwd') === 1",
        "return os.exec(['id']) === 1",
        "return Function('return true')()",
        "return eval('true')",
        "return (0, policy.constructor)('return true')()",
        "return (function* () {}).constructor('yield 1')().next().value === 1",
        "return globalThis['Pro' + 'mise'].resolve(1) === 1",
        "setTimeout(() => 1, 10); return true",
        "fetch('http://example.test/'); return true",
        "networkRequest({ url: 'http://example.test/' }); return true",
        "new WebSocket('ws://example.test/'); return true",
        "return new Worker('x') === 1",
        "return new SharedArrayBuffer(8).byteLength === 8",
        "return Atomics.wait(new Int32Array(1), 0, 0) === 1",
        "return Math.random() < 2",
        "return Date.now() > 0",
        "return new Date().getTime() > 0",
        "return Date().length > 0",
        "return performance.now() > 0",
        "return __host('x', '[]') === 1",
        "undeclared = 1; return true",
        "globalThis.left = 1; return true",
    ],
)
def test_what_is_not_there_is_an_error_of_that_candidate(body: str) -> None:
    (answer,) = judged(body)
    assert isinstance(answer, ScriptFault)
    assert answer.kind == "error"


def test_the_pool_lives_on_one_process_through_limits_of_the_engine(own_pool: Any) -> None:
    own_pool.GOVERNANCE_SCRIPT_HELPERS = 1
    own_pool.GOVERNANCE_SCRIPT_WALL_MILLISECONDS = 5_000
    judged("return true")
    (before,) = {helper.pid for helper in sandbox.pool()._idle}
    for body in ("for (;;);", "return new Uint8Array(1e9).length > 0", "return /(a+)+$/.test('a'.repeat(40) + 'b')"):
        with pytest.raises(ScriptKilled):
            judged(body)
    (after,) = {helper.pid for helper in sandbox.pool()._idle}
    assert before == after


def test_an_asynchronous_policy_answers_no_boolean() -> None:
    assert run_policy(script("async function policy() { return true }"), [{}], {}) == [ScriptFault("result")]


def test_import_finds_nothing() -> None:
    assert judged("return import('/etc/passwd')") == [ScriptFault("result")]


@pytest.mark.parametrize(
    "source",
    [
        "return f; }; globalThis.x = 1; { function policy() { return true }",
        "return () => true; }); (function () { for (;;); })(); (function () { const policy = 1",
        "function policy() { return true } })); ((() => {",
    ],
)
def test_a_text_that_closes_the_function_around_it_never_runs(source: str) -> None:
    """Such a text cannot be published; were it stored nevertheless, a helper refuses to load it."""
    with pytest.raises(ScriptKilled) as ended:
        run_policy(script(source), [{}], {})
    assert ended.value.cause == "crash"


def test_a_date_of_given_parts_is_there_and_in_utc() -> None:
    body = (
        "return new Date(context.now).toISOString() === '2026-01-02T03:04:05.000Z'"
        " && new Date(context.now).getHours() === 3 && new Date(context.now) instanceof Date"
        " && Date.UTC(2026, 0) > 0 && Date.parse(context.now) > 0 && new Date(0).constructor === Date"
    )
    assert judged(body, {"now": "2026-01-02T03:04:05Z"}) == [True]


def test_a_console_is_there_and_keeps_silent() -> None:
    assert judged("console.log(context.secret); console.error(context); return true", {"secret": "4111"}) == [True]


@pytest.mark.parametrize("result", ["'x'.repeat(1 << 23)", "new Array(4e6).fill('x')", "({ toJSON() { for (;;); } })"])
def test_a_transform_cannot_answer_without_end(result: str) -> None:
    with pytest.raises(ScriptKilled):
        run_transform(script(f"function transform() {{ return {result} }}", function="transform"), ["x"] * 3, {})


def test_a_script_that_is_ended_three_times_in_a_minute_rests() -> None:
    looping = policy("if (context.loop) for (;;); return true")
    for _ in range(3):
        with pytest.raises(ScriptKilled):
            run_policy(looping, [{"loop": True}], {})
    with pytest.raises(ScriptSuspended):
        run_policy(looping, [{"loop": False}], {})


def test_a_script_that_rests_is_tried_again_after_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    from governance.policies.sandbox import quarantine

    looping = policy("if (context.loop) for (;;); return true")
    for _ in range(3):
        with pytest.raises(ScriptKilled):
            run_policy(looping, [{"loop": True}], {})
    later = monotonic() + quarantine.SECONDS + 1
    monkeypatch.setattr(quarantine, "monotonic", lambda: later)
    assert run_policy(looping, [{"loop": False}], {}) == [True]
