"""Field visibility in the definition of an accessor: an extension, absent where a column has no rules."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from governance.errors import Invalid
from governance.models import Client
from governance.wire.fields import Fields
from governance.wire.references import optionally_referred, reference_to, referents
from governance.wire.shapes import REFERENCE, TEXT, array, choice, or_null, shape
from userstore.actions.visibility import OPEN, VisibilitySpec
from userstore.levels import Shown
from userstore.models import Transformer
from userstore.models.accessors import LEVELS, NONE

_LEVEL = choice(*LEVELS)
_ON_DEMAND = {**_LEVEL, "description": "What `unmask` shows of one user; absent: the same level, nothing more."}
_ONESELF = {
    **_LEVEL,
    "description": "What the person themself is shown, on the phone with a one-time code; absent: none.",
}
_TAKES_CODE = {"type": "boolean", "description": "Whether one-time codes go to the address in this column."}
VISIBILITY: dict[str, Any] = {
    **or_null(
        shape(
            default=_LEVEL,
            default_on_demand=_ON_DEMAND,
            mask=REFERENCE,
            self=_ONESELF,
            takes_code=_TAKES_CODE,
            rules=array(shape(group=TEXT, client=REFERENCE, level=_LEVEL, on_demand=_ON_DEMAND)),
        ),
    ),
    "description": (
        "Who is shown how much: levels by group of operators, of which the strictest holds, or by client; default "
        "(none, where it is absent) for whom no rule names. Absent keeps what is stored, null takes the rules away."
    ),
}


def given_visibility(fields: Fields) -> VisibilitySpec | None:
    """Read the visibility of a column; None keeps the stored one. Must run inside the environment."""
    if not fields.has("visibility"):
        return None
    if fields.raw("visibility") is None:
        return OPEN
    given = fields.nested("visibility")
    groups: dict[str, Shown] = {}
    clients: dict[UUID, Shown] = {}
    for rule in given.nested_list("rules"):
        shown = Shown(_level(rule, "level"), _level(rule, "on_demand") if _says(rule, "on_demand") else "")
        client = optionally_referred(rule, "client", Client)
        if client is None:
            _put_once(groups, rule.text("group"), shown, field=rule.path("group"))
        elif _says(rule, "group"):
            raise Invalid("A rule names a group or a client.", field=rule.path("client"))
        else:
            _put_once(clients, client, shown, field=rule.path("client"))
    default = _level(given, "default") if _says(given, "default") else NONE
    on_demand = _level(given, "default_on_demand") if _says(given, "default_on_demand") else ""
    mask = optionally_referred(given, "mask", Transformer)
    oneself = _level(given, "self") if _says(given, "self") else NONE
    takes_code = given.flag("takes_code", default=False) if _says(given, "takes_code") else False
    return VisibilitySpec(Shown(default, on_demand), mask, groups, clients, oneself, takes_code)


def _says(fields: Fields, name: str) -> bool:
    return fields.raw(name) is not None


def _put_once(found: dict[Any, Shown], key: object, shown: Shown, *, field: str) -> None:
    if key in found:
        raise Invalid("A rule names somebody whom another one names.", field=field)
    found[key] = shown


def _level(fields: Fields, name: str) -> str:
    level = fields.text(name)
    if level not in LEVELS:
        raise Invalid("A level is plain, masked or none.", field=fields.path(name))
    return level


def written_visibility(visibility: VisibilitySpec, mask: Transformer | None) -> dict[str, Any]:
    """Write the visibility of a column; nothing where it has no rules. Must run inside the environment."""
    if visibility.default is None:
        return {}
    clients = referents(Client, map(str, visibility.clients))
    named = [(clients[str(public_id)], shown) for public_id, shown in visibility.clients.items()]
    named.sort(key=lambda pair: pair[0].name)
    return {
        "visibility": {
            "default": visibility.default.level,
            "default_on_demand": visibility.default.on_demand,
            "mask": reference_to(mask),
            "self": visibility.oneself,
            "takes_code": visibility.takes_code,
            "rules": [
                *({"group": group, **_levels(shown)} for group, shown in sorted(visibility.groups.items())),
                *({"client": reference_to(client), **_levels(shown)} for client, shown in named),
            ],
        }
    }


def _levels(shown: Shown) -> dict[str, str]:
    return {"level": shown.level, "on_demand": shown.on_demand}
