"""The actions that can be drafted. An action that is not marked is refused in a protected environment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from types import MappingProxyType
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from governance.drafts.modes import is_drafting, under_way
from governance.drafts.trying import Draft, drafted
from governance.identities import SYSTEM, Caller
from governance.standing import fresh_standing_of

P = ParamSpec("P")
R = TypeVar("R")

_actions: dict[str, Callable[..., Any]] = {}


class Drafted(Exception):
    """The action was tried and has to wait for a second person. Raised to the door, which keeps the draft."""

    def __init__(self, draft: Draft) -> None:
        super().__init__("the change waits for a second person")
        self.draft = draft


def draftable(action: Callable[Concatenate[Caller, P], R]) -> Callable[Concatenate[Caller, P], R]:
    """Mark a configuration action whose arguments can wait, sealed, until a second person approves them.

    Where somebody drafts (`modes.drafting`) and the environment is protected, the action is tried, taken back, and
    `Drafted` is raised. Everywhere else it runs as it is; `configuration_change` refuses it where it has to.
    """
    name = action.__name__
    if name in _actions:
        raise TypeError(f"two actions are named {name}")
    _actions[name] = action

    @wraps(action)
    def act(caller: Caller, *rest: P.args, **arguments: P.kwargs) -> R:
        if is_drafting() and caller.kind != SYSTEM and fresh_standing_of(caller.environment_id).is_protected:
            raise Drafted(drafted(caller, name, action, arguments))
        with under_way(name):
            return action(caller, *rest, **arguments)

    return cast("Callable[Concatenate[Caller, P], R]", act)


def draftable_actions() -> Mapping[str, Callable[..., Any]]:
    """Return every action that can be drafted, by its name: a live read-only view."""
    return MappingProxyType(_actions)
