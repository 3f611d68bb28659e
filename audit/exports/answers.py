"""A filtered view as the answer to a request: a file that comes while it is read."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from django.http import StreamingHttpResponse
from django.utils import timezone

from audit.actions.reading import Filters
from audit.actions.releasing import export_view
from audit.actors import Actor
from audit.exports.forms import FORMS


def file_of_entries(
    *, actor: Actor, environment_id: UUID, filters: Filters, form_name: str, door: Literal["api", "console"]
) -> StreamingHttpResponse:
    """Answer with what the filters find; `form_name` is one of `FORMS`. Raises as `export_view`, before any answer."""
    form, now = FORMS[form_name], timezone.now()
    lines = export_view(
        actor=actor,
        environment_id=environment_id,
        filters=filters,
        form=form,
        form_name=form_name,
        door=door,
        now=now,
    )
    name = f"audit-{now:%Y%m%dT%H%M%SZ}.{form.ending}"
    return StreamingHttpResponse(
        lines,
        content_type=form.content_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )
