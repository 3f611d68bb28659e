"""Selectors: which subjects a call is about. Text is parsed, typed, bound to values; never made part of SQL."""

from __future__ import annotations

from userstore.selectors.binding import SYSTEM_COLUMNS, BoundSelector, bind, bind_ids, reads_only_ids
from userstore.selectors.checking import TypedSelector, typed
from userstore.selectors.errors import SelectorError, SelectorTooCostly
from userstore.selectors.narrowing import Both, ById, ByIndex, Either, Everyone, Narrowing, Nobody
from userstore.selectors.parsing import parse
from userstore.selectors.syntax import Selector

__all__ = [
    "SYSTEM_COLUMNS",
    "Both",
    "BoundSelector",
    "ById",
    "ByIndex",
    "Either",
    "Everyone",
    "Narrowing",
    "Nobody",
    "Selector",
    "SelectorError",
    "SelectorTooCostly",
    "TypedSelector",
    "bind",
    "bind_ids",
    "parse",
    "reads_only_ids",
    "typed",
]
