"""Who may read the book, as this door sees it: rights are governance's business, which this floor does not know."""

from __future__ import annotations

from typing import Any, Protocol, cast
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from audit.actors import Actor


class Reader(Protocol):
    """What an authenticated caller tells this door about itself."""

    @property
    def environment_id(self) -> UUID: ...

    @property
    def actor(self) -> Actor: ...


class Gate(Protocol):
    """`settings.AUDIT_GATE`: returns if the request may read the book, raises otherwise."""

    def __call__(self, request: Request) -> None: ...


class MayReadBook(BasePermission):
    """Lets in whom the gate lets in; a gate that cannot be loaded lets in nobody."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not request.user:
            return False
        gate: Gate = import_string(settings.AUDIT_GATE)
        gate(request)
        return True


def reader(request: Request) -> Reader:
    """Return the caller of a request that passed the gate."""
    return cast(Reader, request.user)
