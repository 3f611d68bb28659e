"""Changing who is shown what through an accessor, and nothing else of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from governance.identities import Caller
from keyring.walls import in_environment
from userstore.actions.accessors import accessor_body, republish_accessor, spec_of_body
from userstore.actions.methods import found
from userstore.actions.visibility import VisibilitySpec
from userstore.errors import Conflict
from userstore.models import Accessor


def change_visibility(
    caller: Caller, *, public_id: UUID, version: int, visibilities: Mapping[UUID, VisibilitySpec]
) -> Accessor:
    """Publish the next version of an accessor with other rules for some of its columns, by public id.

    Args:
        version: the one that the rules were made for.

    Raises:
        Invalid, NotFound: what `republish_accessor` refuses.
        Conflict: the accessor was changed meanwhile.
    """
    with in_environment(caller.environment_id):
        stored = found(Accessor, public_id, field="id")
        if stored.version != version:
            raise Conflict("The accessor was changed meanwhile.", field="version", remedy="Look at it again.")
        spec = spec_of_body(accessor_body(stored))
    columns = tuple(replace(each, visibility=visibilities.get(each.column, each.visibility)) for each in spec.columns)
    return republish_accessor(caller, public_id=public_id, spec=replace(spec, columns=columns))
