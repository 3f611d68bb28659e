"""Notes that scripts left with `auditLog`: the book names them, who may read the book reads them here, on record."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.actions.script_notes import read_note
from governance.wire.definitions import caller_in
from governance.wire.problems import PROBLEMS
from governance.wire.shapes import ID, TEXT, shape


class SingleScriptNote(APIView):
    """Read one note; it is forgotten after 30 days."""

    @extend_schema(
        operation_id="read_script_note", tags=["audit"], responses={200: shape(id=ID, text=TEXT), **PROBLEMS}
    )
    def get(self, request: Request, note_id: UUID) -> Response:
        text = read_note(caller_in(request), note_id=note_id, now=timezone.now())
        return Response({"id": str(note_id), "text": text}, headers={"Cache-Control": "no-store"})
