"""Names that a transformer assigns without declaring them, as scripts outside of strict mode may.

They become variables of the function around the script, so they live as long as one candidate. Policies get none: one
that reads a name it has not assigned yet has to fail, and so to refuse, where a variable would be undefined.
"""

from __future__ import annotations

import re

MOST_NAMES = 256

_ASSIGNED = re.compile(r"(?<![\w$.#])([A-Za-z_$][\w$]*)\s*=(?![=>])", re.ASCII)
_WORDS = frozenset(
    [
        "arguments",
        "await",
        "break",
        "case",
        "catch",
        "class",
        "const",
        "continue",
        "debugger",
        "default",
        "delete",
        "do",
        "else",
        "enum",
        "eval",
        "export",
        "extends",
        "false",
        "finally",
        "for",
        "function",
        "if",
        "implements",
        "import",
        "in",
        "instanceof",
        "interface",
        "let",
        "new",
        "null",
        "package",
        "private",
        "protected",
        "public",
        "return",
        "static",
        "super",
        "switch",
        "this",
        "throw",
        "true",
        "try",
        "typeof",
        "undefined",
        "var",
        "void",
        "while",
        "with",
        "yield",
        "NaN",
        "Infinity",
        "globalThis",
    ]
)
_GLOBALS = frozenset(
    [
        "AggregateError",
        "Array",
        "ArrayBuffer",
        "BigInt",
        "BigInt64Array",
        "BigUint64Array",
        "Boolean",
        "DataView",
        "Date",
        "DisposableStack",
        "Error",
        "EvalError",
        "Float16Array",
        "Float32Array",
        "Float64Array",
        "Int16Array",
        "Int32Array",
        "Int8Array",
        "InternalError",
        "Iterator",
        "JSON",
        "Map",
        "Math",
        "Number",
        "Object",
        "Proxy",
        "RangeError",
        "ReferenceError",
        "Reflect",
        "RegExp",
        "Set",
        "String",
        "SuppressedError",
        "Symbol",
        "SyntaxError",
        "TypeError",
        "URIError",
        "Uint16Array",
        "Uint32Array",
        "Uint8Array",
        "Uint8ClampedArray",
        "WeakMap",
        "WeakSet",
        "console",
        "decodeURI",
        "decodeURIComponent",
        "encodeURI",
        "encodeURIComponent",
        "escape",
        "isFinite",
        "isNaN",
        "parseFloat",
        "parseInt",
        "unescape",
    ]
)
"""What a script finds already: a variable of that name would hide it."""


def assigned_names(source: str, *, taken: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return the names that stand before an assignment; one that is declared as well does no harm."""
    found = dict.fromkeys(_ASSIGNED.findall(source))
    return tuple(name for name in found if name not in _WORDS | _GLOBALS | set(taken))[:MOST_NAMES]
