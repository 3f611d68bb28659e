"""Trying an action: it runs as it would, what it changed is read, and everything is taken back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, connection, transaction

from governance.drafts.arguments import decoded, encoded
from governance.drafts.differences import Difference, basis_of, differences_between
from governance.drafts.modes import trying
from governance.drafts.picture import picture
from governance.errors import Conflict, Invalid
from governance.identities import Caller
from governance.standing import standings_kept_apart
from keyring.walls import in_environment


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody asks for and what it would change. `basis`: what it would change, exactly as it was then."""

    caller: Caller
    action: str
    arguments: Mapping[str, Any]
    differences: tuple[Difference, ...]
    basis: str


class _TakenBack(Exception):
    """Ends the savepoint of a try."""


def drafted(caller: Caller, name: str, action: Callable[..., Any], arguments: Mapping[str, Any]) -> Draft:
    """Try an action in the caller's name and return it as a draft.

    Raises:
        Refused: the caller may not configure.
        Invalid: the action refuses its input, or would change nothing that a second person could look at.
        NotFound, Conflict: as the action says.
    """
    with in_environment(caller.environment_id):
        written = encoded(action, arguments)
        before = picture(caller.environment_id)
        with _taken_back(), trying():
            action(caller, **decoded(action, written, environment_id=caller.environment_id))
            check_references()
            after = picture(caller.environment_id)
        found = differences_between(before, after)
        if not found:
            raise Invalid("This changes nothing.", remedy="Ask for something else than what holds already.")
        return Draft(caller, name, written, found, basis_of(caller.environment_id, before, after))


def check_references() -> None:
    """Have the database say now what it would say at the commit.

    Raises:
        Conflict: something still names what went away, or names what is not there.
    """
    try:
        connection.check_constraints()
    except IntegrityError:
        raise Conflict("Something else stands in the way of this.", remedy="Look at what uses it.") from None


@contextmanager
def _taken_back() -> Iterator[None]:
    """Run a block whose effects nobody sees: neither the database nor what this process remembers keeps them."""
    with standings_kept_apart():
        try:
            with transaction.atomic():
                yield
                raise _TakenBack
        except _TakenBack:
            pass
