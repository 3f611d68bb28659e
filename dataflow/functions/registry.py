"""The built-in functions by name."""

from __future__ import annotations

from dataflow.functions.protocol import Builtin

BUILTINS: dict[str, Builtin] = {}
