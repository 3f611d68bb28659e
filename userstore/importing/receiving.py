"""Bodies that are files: read bit by bit, never parsed, never on a disk."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest

from userstore.actions.uploads import Receiving, TooLong
from userstore.errors import Invalid


def body_of(request: HttpRequest) -> Receiving:
    """Return the body of a request as it comes in.

    Raises:
        Invalid: its length is not declared, so nobody could tell whether all of it came.
        TooLong: it is longer than `USERSTORE_IMPORT_BYTES`.
    """
    declared = request.META.get("CONTENT_LENGTH") or ""
    if not declared.isascii() or not declared.isdigit():
        raise Invalid("The length of the body has to be declared.", field="Content-Length")
    if len(declared) > 18 or int(declared) > settings.USERSTORE_IMPORT_BYTES:
        raise TooLong(f"A file has at most {settings.USERSTORE_IMPORT_BYTES:,} bytes.")
    return _Declared(request, int(declared))


class _Declared:
    """A body that has to be as long as was declared: a connection that broke leaves nothing."""

    def __init__(self, request: HttpRequest, length: int) -> None:
        self._request, self._awaited = request, length

    def read(self, size: int, /) -> bytes:
        received = self._request.read(size)
        self._awaited -= len(received)
        if not received and self._awaited > 0:
            raise Invalid("The body ended before its declared length.", field="Content-Length")
        return received
