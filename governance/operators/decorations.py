"""Unfold's decorators, with types."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar, cast

from unfold.decorators import action, display

F = TypeVar("F", bound=Callable[..., Any])


def shown(description: str, *, label: Mapping[str, str] | None = None, ordering: str | None = None) -> Callable[[F], F]:
    """Show a method's result in a list; `label` maps results to the colour of their badge."""
    return cast("Callable[[F], F]", display(description=description, label=label, ordering=ordering))


def page_action(
    description: str, *, icon: str, permissions: Sequence[str], url_path: str | None = None
) -> Callable[[F], F]:
    """Offer a method as a button; `permissions` name `has_..._permission` methods."""
    return cast(
        "Callable[[F], F]", action(description=description, icon=icon, permissions=permissions, url_path=url_path)
    )


def in_utc(moment: datetime | None, *, otherwise: str) -> str:
    """Write a moment as lists show it, or what no moment means there."""
    return f"{moment.day} {moment:%b %Y %H:%M} UTC" if moment else otherwise
