"""In which way configuration actions are called: as drafts, tried, or by two people. Outside of these, at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class SecondPerson:
    """Who approved the change that is being applied, under which decision."""

    change_id: UUID
    approver: str
    decision_id: UUID


_drafting: ContextVar[bool] = ContextVar("drafting", default=False)
_trying: ContextVar[bool] = ContextVar("trying", default=False)
_second_person: ContextVar[SecondPerson | None] = ContextVar("second_person", default=None)
_under_way: ContextVar[str] = ContextVar("draftable_action_under_way", default="")


def is_drafting() -> bool:
    """Say whether an action called now becomes a draft where its environment is protected."""
    return _drafting.get()


def is_trying() -> bool:
    """Say whether what happens now is taken back, whatever it does."""
    return _trying.get()


def second_person() -> SecondPerson | None:
    """Return who approved what is being applied now, None where nothing is."""
    return _second_person.get()


def action_under_way() -> str:
    """Return the name of the action that runs now, if it is one that can be drafted, else an empty text."""
    return _under_way.get()


@contextmanager
def drafting() -> Iterator[None]:
    """Have actions in protected environments become drafts: they raise `Drafted` instead of acting."""
    mark = _drafting.set(True)
    try:
        yield
    finally:
        _drafting.reset(mark)


@contextmanager
def trying() -> Iterator[None]:
    """Let actions act although the environment is protected. Only for whoever takes back everything afterwards."""
    drafts, mark = _drafting.set(False), _trying.set(True)
    try:
        yield
    finally:
        _trying.reset(mark)
        _drafting.reset(drafts)


@contextmanager
def approved_by(person: SecondPerson) -> Iterator[None]:
    """Let actions act for two people. Only for whoever has made sure that they are two."""
    drafts, mark = _drafting.set(False), _second_person.set(person)
    try:
        yield
    finally:
        _second_person.reset(mark)
        _drafting.reset(drafts)


@contextmanager
def under_way(action: str) -> Iterator[None]:
    """Say which action runs, so that its refusal can tell how it is drafted."""
    mark = _under_way.set(action)
    try:
        yield
    finally:
        _under_way.reset(mark)
