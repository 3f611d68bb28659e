"""The names that definitions may have."""

from __future__ import annotations

import re

from governance.errors import Invalid

_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_\-]*")


def checked_name(name: object, *, what: str, longest: int = 128) -> str:
    """Return a valid name or raise `Invalid`: a letter or underscore, then letters, digits, `_` and `-`."""
    if not isinstance(name, str) or not _NAME.fullmatch(name) or len(name) > longest:
        raise Invalid(
            f"A {what} needs a name of letters, digits, '_' and '-' that begins with a letter or '_'.",
            field="name",
            remedy=f"At most {longest} characters, no spaces.",
        )
    return name


def checked_label(label: object, *, what: str, longest: int = 128) -> str:
    """Return a name that people read, in any script, or raise `Invalid`: printable, no blanks around it."""
    if not isinstance(label, str) or not 0 < len(label) <= longest or label != label.strip() or not label.isprintable():
        raise Invalid(
            f"{what} needs a name of 1 to {longest} printable characters.",
            field="name",
            remedy="No blanks before or behind it.",
        )
    return label
