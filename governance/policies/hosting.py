"""What a script may ask this process while it runs: functions by name, offered where a script's text names them.

A script that names none keeps the engine's own time limit; one that does is on the wall clock of its call alone, and
may ask `sandbox.process.MOST_HOST_CALLS` times in one message.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from governance.errors import GovernanceError
from governance.identities import Caller
from governance.policies.asking import Asking
from governance.policies.attribute_calls import check_attribute_for_script
from governance.policies.console import WRITE_LINE, heard_calls, write_line
from governance.policies.notes import audit_log
from governance.policies.phone_countries import country_of_phone_number
from governance.policies.requesting import network_request
from governance.policies.sandbox import HostCallFailed, Script, ScriptError
from governance.policies.sandbox.script import Function
from governance.policies.secrets import get_secret

_WORD = re.compile(r"[A-Za-z_$][\w$]*")


@dataclass(frozen=True, slots=True)
class HostFunction:
    """One function that scripts find under `name`.

    `answer` takes what the script gave, of any shape, and returns something JSON can carry. A `ScriptError` or a
    `GovernanceError` that it raises refuses the call that the script decides about, and is on record as its fault; no
    word of it reaches the script.
    """

    name: str
    offered_to: frozenset[Function]
    answer: Callable[[Asking, Sequence[Any]], Any]


EVERYWHERE: frozenset[Function] = frozenset({"policy", "transform", "tokenize"})

HOST_FUNCTIONS: tuple[HostFunction, ...] = (
    HostFunction("getSecret", EVERYWHERE, get_secret),
    HostFunction("networkRequest", EVERYWHERE, network_request),
    HostFunction("auditLog", EVERYWHERE, audit_log),
    HostFunction("checkAttribute", frozenset({"policy"}), check_attribute_for_script),
    HostFunction("getCountryNameForPhoneNumber", EVERYWHERE, country_of_phone_number),
    HostFunction(WRITE_LINE, frozenset(), write_line),
)
"""Every function there is. The last one is behind `console`: scripts that are tried out have it without naming it."""


def offered(source: str, function: Function) -> frozenset[str]:
    """Name the host functions that a script's text can call: those it names."""
    words = frozenset(_WORD.findall(source))
    named = frozenset(each.name for each in HOST_FUNCTIONS if function in each.offered_to and each.name in words)
    return named | heard_calls() if "console" in words else named


def host_for(script: Script, caller: Caller | None = None) -> Answering | None:
    """Give what answers a script's host calls on behalf of a caller; None for a script that makes none."""
    if not script.host_calls:
        return None
    return Answering(
        Asking(script.environment_id, caller),
        {each.name: each for each in HOST_FUNCTIONS if each.name in script.host_calls},
    )


@dataclass(frozen=True, slots=True)
class Answering:
    """Answers the host calls of one script in one environment."""

    asking: Asking
    functions: Mapping[str, HostFunction]

    def call(self, name: str, arguments: list[Any]) -> Any:
        """Answer one call; raise `HostCallFailed` where there is no answer."""
        function = self.functions.get(name)
        if function is None:
            raise HostCallFailed(name)
        try:
            return function.answer(self.asking, arguments)
        except ScriptError:
            raise
        except GovernanceError:
            raise HostCallFailed(name) from None
