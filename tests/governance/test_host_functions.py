"""Which functions of this process a script finds, on whose behalf they answer, and what a failure of one does."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from governance.actions.publishing import must_be_script
from governance.errors import Invalid, Unavailable
from governance.identities import CLIENT, Caller
from governance.policies import hosting
from governance.policies.asking import Asking
from governance.policies.facts import CallFacts
from governance.policies.hosting import HostFunction, host_for, offered
from governance.policies.sandbox import Script, ScriptError, run_transform
from governance.policies.sandbox.script import Function
from governance.policies.tree import CompiledPolicy, ScriptNode, Trace, as_rule

ENVIRONMENT = UUID("5f6d1c1e-0000-4000-8000-000000000001")
CALLER = Caller(CLIENT, uuid4(), uuid4(), ENVIRONMENT, "service")
FACTS = CallFacts(action="Execute", caller=CALLER, now=datetime(2030, 1, 2, tzinfo=UTC))


def doubled(asking: Asking, arguments: Sequence[Any]) -> Any:
    if not arguments:
        raise Invalid("This takes a number.")
    if arguments[0] == "away":
        raise Unavailable("The directory is away.")
    return [arguments[0] * 2, asking.environment_id, asking.caller.name if asking.caller else None]


@pytest.fixture(autouse=True)
def functions(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.GOVERNANCE_SCRIPT_WALL_MILLISECONDS = 1_000
    both: frozenset[Function] = frozenset({"policy", "transform"})
    known = HostFunction("doubled", both, doubled), HostFunction("judged", frozenset({"policy"}), doubled)
    monkeypatch.setattr(hosting, "HOST_FUNCTIONS", known)


def script(source: str, function: Function = "policy") -> Script:
    return Script(
        environment_id=ENVIRONMENT,
        key=f"test/{uuid4()}",
        source=source,
        function=function,
        host_calls=offered(source, function),
    )


def decided(body: str) -> tuple[bool, Trace]:
    node = ScriptNode("Asks", script(f"function policy(context, params) {{ {body} }}"), {})
    trace = Trace()
    return CompiledPolicy("Asks", 0, node, as_rule(node)).allows_call(FACTS, trace), trace


def test_a_function_is_offered_where_the_text_names_it() -> None:
    assert offered("function policy() { return doubled(1)[0] === 2 }", "policy") == {"doubled"}
    assert offered("function transform() { return doubled(1) + judged(1) }", "transform") == {"doubled"}
    assert offered("function policy() { return true }", "policy") == frozenset()
    assert host_for(script("function policy() { return true }"), CALLER) is None


def test_it_answers_on_behalf_of_the_caller_in_the_environment_of_the_script() -> None:
    told = f"const told = doubled(21); return told[0] === 42 && told[1] === '{ENVIRONMENT}' && told[2] === 'service'"
    assert decided(told)[0] is True


@pytest.mark.parametrize("arguments", ["", "'away'"])
def test_a_call_without_an_answer_refuses_and_is_a_fault(arguments: str) -> None:
    allowed, trace = decided(f"try {{ doubled({arguments}) }} catch (e) {{ }} return true")
    assert (allowed, trace.faults) == (False, ["Asks: doubled gave no answer"])


def test_what_is_not_offered_does_not_exist() -> None:
    assert decided("return typeof globalThis['dou' + 'bled'] === 'undefined'")[0] is True


def test_a_transformer_asks_too_and_a_failure_ends_it() -> None:
    asks = script("function transform(data) { return doubled(data)[0] }", "transform")
    assert run_transform(asks, ["ab"], {}, host=host_for(asks)) == ["abab"]
    with pytest.raises(ScriptError):
        run_transform(asks, ["away"], {}, host=host_for(asks))


def test_a_text_that_asks_can_be_published() -> None:
    must_be_script("const two = doubled; function policy() { return two(1)[0] === 2 }", function="policy")
    with pytest.raises(Invalid):
        must_be_script("const judged = 1; const doubled = 2; function policy() { return doubled }", function="policy")
