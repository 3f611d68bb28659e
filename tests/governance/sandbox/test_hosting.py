"""Scripts that ask this process something while they run."""

from __future__ import annotations

from time import monotonic, sleep
from typing import Any

import pytest

from governance.policies.sandbox import (
    ScriptFault,
    ScriptKilled,
    ScriptSuspended,
    ScriptUnavailable,
    process,
    run_policy,
    run_transform,
)

from .conftest import Host, judged, raising, script


def staff() -> Host:
    """Knows who belongs to which group."""
    return Host(lambda _, arguments: {"member": arguments[0] == "ada", "group": "Ünïcode\u2028\0"})


AWAY = LookupError("the directory is away")


def asking(body: str, *, function: str = "policy") -> Any:
    source = f"function {function}(context, params) {{ {body} }}"
    return script(source, function=function, host_calls=frozenset({"lookUp", "other"}))


def test_a_script_asks_and_uses_the_answer() -> None:
    asked = staff()
    member = asking(
        "const found = lookUp(context.name, { deep: [1] }); return found.member && found.group.length === 9"
    )
    assert run_policy(member, [{"name": "ada"}, {"name": "bob"}], {}, host=asked) == [True, False]
    assert asked.asked == [("lookUp", ["ada", {"deep": [1]}]), ("lookUp", ["bob", {"deep": [1]}])]


def test_a_transform_asks_too() -> None:
    grouped = asking("return lookUp(context).member", function="transform")
    assert run_transform(grouped, ["ada", "bob"], {}, host=staff()) == ["true", "false"]


def test_only_declared_calls_exist() -> None:
    assert run_policy(asking("return undeclared(1) === 1"), [{}], {}, host=staff()) == [ScriptFault("error", 1)]
    assert judged("return lookUp(1) === 1") == [ScriptFault("error", 2)]


def test_the_bare_connection_is_out_of_reach() -> None:
    assert run_policy(asking("return typeof __host === 'undefined'"), [{}], {}, host=staff()) == [True]


@pytest.mark.parametrize("around", ["return {}.member === 1", "try {{ {}; }} catch (e) {{ }} return true"])
def test_what_a_host_call_raises_reaches_the_caller_even_if_the_script_catches_it(around: str) -> None:
    with pytest.raises(LookupError):
        run_policy(asking(around.format("lookUp(1)")), [{}, {}], {}, host=raising(AWAY))
    assert judged("return true") == [True]


def test_the_script_learns_nothing_about_the_failure() -> None:
    told = asking("try { lookUp(1) } catch (e) { other(e.message, e.name) } return true")
    half = Host(lambda name, _: raising(AWAY).call(name, []) if name == "lookUp" else None)
    with pytest.raises(LookupError):
        run_policy(told, [{}], {}, host=half)
    assert half.asked[1] == ("other", ["host call failed", "Error"])


def test_without_a_host_the_call_is_refused() -> None:
    with pytest.raises(ScriptUnavailable):
        run_policy(asking("return lookUp(1).member"), [{}], {})


def test_an_answer_that_is_no_json_raises() -> None:
    with pytest.raises(TypeError):
        run_policy(asking("return lookUp(1) === 1"), [{}], {}, host=Host(lambda *_: object()))


@pytest.mark.parametrize("body", ["for (;;);", "for (;;) lookUp(1)", "while (true) try { lookUp() } catch (e) { }"])
def test_a_script_with_host_calls_that_never_ends_is_killed(body: str) -> None:
    started = monotonic()
    with pytest.raises(ScriptKilled) as ended:
        run_policy(asking(body), [{}], {}, host=staff())
    assert ended.value.cause in {"timeout", "flood"}
    assert monotonic() - started < 3.0
    assert judged("return true") == [True]


def test_a_slow_host_call_is_on_the_clock() -> None:
    with pytest.raises(ScriptKilled) as ended:
        run_policy(asking("return lookUp(1)"), [{}], {}, host=Host(lambda *_: sleep(1.5)))
    assert ended.value.cause == "timeout"
    assert judged("return true") == [True]


def test_a_slow_host_call_does_not_suspend_the_script() -> None:
    slow = asking("return context.wait ? lookUp(1) : true")
    for _ in range(3):
        with pytest.raises(ScriptKilled):
            run_policy(slow, [{"wait": True}], {}, host=Host(lambda *_: sleep(1.5)))
    assert run_policy(slow, [{}], {}) == [True]


def test_a_script_with_host_calls_that_uses_up_its_time_is_suspended() -> None:
    looping = asking("for (;;);")
    for _ in range(3):
        with pytest.raises(ScriptKilled):
            run_policy(looping, [{}], {}, host=staff())
    with pytest.raises(ScriptSuspended):
        run_policy(looping, [{}], {}, host=staff())


def test_a_memory_bomb_with_host_calls_is_ended() -> None:
    with pytest.raises(ScriptKilled):
        run_policy(asking("const all = []; for (;;) all.push(new Array(1000))"), [{}], {}, host=staff())


@pytest.mark.parametrize(
    "body",
    [
        "let i = 0; while (i++ < 100) try { lookUp(i) } catch (e) { } return true",
        "lookUp('x'.repeat(70000)); return true",
    ],
)
def test_a_flood_of_host_calls_ends_the_script(body: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "MOST_HOST_CALLS", 50)
    asked = staff()
    with pytest.raises(ScriptKilled) as ended:
        run_policy(asking(body), [{}], {}, host=asked)
    assert ended.value.cause == "flood"
    assert len(asked.asked) <= 50
    assert judged("return true") == [True]


def test_as_many_host_calls_as_are_allowed_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "MOST_HOST_CALLS", 4)
    twice = asking("return lookUp(context.name).member && lookUp('ada').member")
    assert run_policy(twice, [{"name": "ada"}, {"name": "bob"}], {}, host=staff()) == [True, False]


def test_a_host_call_may_not_be_named_like_code() -> None:
    with pytest.raises(ValueError, match="identifier"):
        script("function policy() { return true }", host_calls=frozenset({"a) { for (;;); } (function ("}))
