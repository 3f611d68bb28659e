"""What a sealed value is tied to: environment, client, purpose and a context that the service gives itself.

The context is like the name of the cell that the value lies in: a service that puts table, column and primary key into
it makes a value that was copied to another row useless there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from governance.errors import Invalid
from keyring.places import service_prefix

MOST_PARTS = 32
LARGEST_CONTEXT = 2048
"""Bytes of a context in its canonical form."""
_TEXTS = frozenset({str})


@dataclass(frozen=True, slots=True)
class Binding:
    """What all values of one call are tied to, their contexts apart."""

    environment_id: UUID
    client_id: UUID
    purpose_id: UUID

    def places(self, contexts: list[bytes]) -> list[bytes]:
        """Return the place of every value, in the order of their contexts."""
        prefix = service_prefix(self.environment_id, self.client_id, self.purpose_id)
        return [prefix + context for context in contexts]


def canonical_context(given: Mapping[str, Any], *, field: str) -> bytes:
    """Write a context so that equal ones are equal bytes, whatever the order of their names.

    Args:
        field: what an error calls the place.

    Raises:
        Invalid: it is no flat object of texts, or too large.
    """
    if len(given) > MOST_PARTS or not _TEXTS.issuperset(map(type, given.values())):
        raise Invalid(f"A context is an object of up to {MOST_PARTS} texts.", field=field)
    try:
        written = orjson.dumps(given, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:
        written = b""
    if not written:
        raise Invalid("This context is not valid Unicode.", field=field)
    if len(written) > LARGEST_CONTEXT:
        raise Invalid(f"A context takes up to {LARGEST_CONTEXT} bytes.", field=field)
    return written
