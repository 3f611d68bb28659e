"""Downloading code that is generated from the environment's definitions."""

from __future__ import annotations

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from governance.actions.seeing import must_see_definitions
from governance.errors import Invalid
from governance.wire.definitions import caller_in
from governance.wire.shapes import ERROR
from userstore.codegen.described import described
from userstore.codegen.python import example_lines, generated_module


class PythonClient(APIView):
    """A Python module with a typed call for every accessor and mutator, over the package `usercloudssdk`."""

    @extend_schema(
        operation_id="download_python_client",
        tags=["calls"],
        parameters=[
            OpenApiParameter("include_example", OpenApiTypes.BOOL, description="Whether the module can be run as well.")
        ],
        responses={(200, "text/x-python"): OpenApiTypes.STR, 400: ERROR, 401: ERROR, 403: ERROR},
    )
    def get(self, request: Request) -> HttpResponse:
        caller, wanted = caller_in(request), request.query_params.get("include_example", "false")
        must_see_definitions(caller)
        if wanted not in {"true", "false"}:
            raise Invalid("This has to be true or false.", field="include_example")
        found = described(caller)
        module = generated_module(found, examples=example_lines(found) if wanted == "true" else ())
        return HttpResponse(
            module,
            content_type="text/x-python; charset=utf-8",
            headers={"Cache-Control": "no-store", "Content-Disposition": 'attachment; filename="userstore.py"'},
        )
