"""Renewing a secret over the API: how long a former one stays good, and the one answer that shows the new one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from governance.errors import Invalid
from governance.wire.fields import Fields
from governance.wire.shapes import ID, NUMBER, TEXT, shape
from keyring.plain import Plain

_LONGEST_OVERLAP_HOURS = 30 * 24


def asked_overlap(says: str) -> dict[str, Any]:
    """Return what the request is documented as; `says`: how long what."""
    described = {**NUMBER, "description": f"{says}; 24 by default, 0 to {_LONGEST_OVERLAP_HOURS}."}
    return {"application/json": shape(overlap_hours=described)}


def overlap_in(request: Request) -> timedelta | None:
    """Read how long a former secret stays good; None where nothing is said of it.

    Raises:
        Invalid: no number of hours, or more than thirty days of them.
    """
    fields = Fields(request.data or {})
    hours = fields.number("overlap_hours") if fields.raw("overlap_hours") is not None else None
    if hours is not None and hours > _LONGEST_OVERLAP_HOURS:
        raise Invalid(f"At most {_LONGEST_OVERLAP_HOURS} hours.", field="overlap_hours")
    return None if hours is None else timedelta(hours=hours)


def shape_of_secret(owner: str) -> dict[str, Any]:
    """Return what the answer is documented as; `owner` is the name of the id of what has the secret."""
    return shape(**{owner: ID, "secret": {**TEXT, "description": "Shown this once."}})


def shown_once(secret: Plain[str], **owner: str) -> Response:
    """Answer with a new secret, in an answer that nobody keeps."""
    return Response({**owner, "secret": secret.reveal()}, status=201, headers={"Cache-Control": "no-store"})
