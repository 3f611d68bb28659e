"""Runs the JavaScript of script policies and transformers in locked-in helper processes.

`check_script` at publish, `run_policy` and `run_transform` at work. A helper has no files, no network, an empty
environment and a list of allowed system calls; a limit ends a call, a doubt ends the helper.
"""

from __future__ import annotations

from .checking import check_script
from .errors import HostCallFailed, ScriptError, ScriptKilled, ScriptRefused, ScriptSuspended, ScriptUnavailable
from .lending import ScriptPool, close, lock_report, pool
from .process import LockReport
from .running import encoded, run_policy, run_transform
from .script import Function, HostCalls, Limits, Script, ScriptFault

__all__ = [
    "Function",
    "HostCallFailed",
    "HostCalls",
    "Limits",
    "LockReport",
    "Script",
    "ScriptError",
    "ScriptFault",
    "ScriptKilled",
    "ScriptPool",
    "ScriptRefused",
    "ScriptSuspended",
    "ScriptUnavailable",
    "check_script",
    "close",
    "encoded",
    "lock_report",
    "pool",
    "run_policy",
    "run_transform",
]
