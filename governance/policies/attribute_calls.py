"""The function `checkAttribute(id1, id2, attribute)` that script policies find."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from governance.errors import Invalid
from governance.graph.checking import check_attribute
from governance.policies.asking import Asking


def check_attribute_for_script(asking: Asking, arguments: Sequence[Any]) -> bool:
    """Ask the graph of a script's environment; anything but two ids and a name is `Invalid`."""
    if len(arguments) != 3 or not isinstance(arguments[2], str) or "\0" in arguments[2]:
        raise Invalid("checkAttribute takes two ids and the name of an attribute.")
    source, target = object_id(arguments[0], "id1"), object_id(arguments[1], "id2")
    return check_attribute(asking.environment_id, source=source, target=target, attribute=arguments[2]).has_attribute


def object_id(given: Any, field: str) -> UUID:
    """Read the id of an object; `Invalid` names the field."""
    try:
        return UUID(given)
    except (ValueError, TypeError, AttributeError):
        raise Invalid(f"Parameter {field!r} must be the id of an object.", field=field) from None
