"""Scripts under test run in real helpers: the pool of the test process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import UUID

import pytest

from governance.policies import sandbox
from governance.policies.sandbox import Script, ScriptFault, run_policy

ENVIRONMENT = UUID("5f6d1c1e-0000-4000-8000-000000000001")
OTHER_ENVIRONMENT = UUID("5f6d1c1e-0000-4000-8000-000000000002")

_numbers = count()


def policy(body: str, **changed: Any) -> Script:
    """A script of its own key whose policy function has this body."""
    return script(f"function policy(context, params) {{\n{body}\n}}", **changed)


def script(source: str, **changed: Any) -> Script:
    """A script of its own key, so in a context of its own."""
    given: dict[str, Any] = {"environment_id": ENVIRONMENT, "function": "policy", **changed}
    return Script(key=f"test/{next(_numbers)}", source=source, **given)


def judged(
    body: str, *contexts: Mapping[str, Any], params: Mapping[str, Any] | None = None
) -> list[bool | ScriptFault]:
    return run_policy(policy(body), contexts or ({},), {})


@dataclass
class Host:
    """Answers host calls with a function and keeps what was asked."""

    answer: Callable[[str, list[Any]], Any]
    asked: list[tuple[str, list[Any]]] = field(default_factory=list)

    def call(self, name: str, arguments: list[Any]) -> Any:
        self.asked.append((name, arguments))
        return self.answer(name, arguments)


def raising(problem: BaseException) -> Host:
    """A host whose every call fails."""

    def fail(_name: str, _arguments: list[Any]) -> Any:
        raise problem

    return Host(fail)


@pytest.fixture(autouse=True)
def unhurried(settings: Any, request: pytest.FixtureRequest) -> Iterator[None]:
    """A busy machine may keep a helper from the processor for longer than a server would wait."""
    settings.GOVERNANCE_SCRIPT_WALL_MILLISECONDS = 1_000
    yield
    if "own_pool" in request.fixturenames:  # closed here, behind every fixture that may still judge something
        sandbox.close()


@pytest.fixture
def own_pool(settings: Any) -> Any:
    """Let a test choose settings before the pool starts, and leave none of its helpers behind."""
    sandbox.close()
    return settings
