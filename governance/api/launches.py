"""Launching: a nonce for a launcher, and its signed word for a session token. Whoever asks is nobody yet."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.actions.launching import admit_launch
from governance.observation import address_of
from governance.provenance.vouching import NONCE_SECONDS, new_nonce
from governance.wire.fields import Fields
from governance.wire.problems import PROBLEM
from governance.wire.shapes import ID, NUMBER, TEXT, array, or_null, shape

_NONCE = shape(nonce=TEXT, expires_in=NUMBER)
_SESSION = shape(
    access_token=TEXT, token_type=TEXT, expires_in=NUMBER, digest=TEXT, commit=or_null(TEXT), build_id=or_null(ID),
    reasons={**array(TEXT), "description": "What speaks against it, where the client's policy only audits."},
)  # fmt: skip


class LaunchNonces(APIView):
    """Give a launcher a nonce."""

    authentication_classes = ()
    permission_classes = ()

    @extend_schema(
        operation_id="new_launch_nonce",
        tags=["reviewed builds"],
        request={"application/json": {**shape(client_id=ID, launcher_id=ID), "required": ["client_id", "launcher_id"]}},
        responses={200: _NONCE},
    )
    def post(self, request: Request) -> Response:
        fields = Fields(request.data)
        nonce = new_nonce(client_id=fields.id("client_id"), launcher_id=fields.id("launcher_id"))
        return Response({"nonce": nonce, "expires_in": NONCE_SECONDS}, headers={"Cache-Control": "no-store"})


class Launches(APIView):
    """Exchange a launcher's statement for a session token of the program that it measured."""

    authentication_classes = ()
    permission_classes = ()

    @extend_schema(
        operation_id="launch",
        tags=["reviewed builds"],
        request={
            "application/json": {
                **shape(envelope={**TEXT, "description": "The launcher's DSSE envelope, as JSON text."}),
                "required": ["envelope"],
            }
        },
        responses={200: _SESSION, **dict.fromkeys((401, 403, 429), PROBLEM)},
    )
    def post(self, request: Request) -> Response:
        admitted = admit_launch(envelope=Fields(request.data).text("envelope"), address=address_of(request._request))
        answer = {
            "access_token": admitted.token,
            "token_type": "Bearer",
            "expires_in": admitted.seconds,
            "digest": admitted.build.digest,
            "commit": admitted.build.commit,
            "build_id": str(admitted.build.id) if admitted.build.id else None,
            "reasons": [reason.value for reason in admitted.reasons],
        }
        return Response(answer, headers={"Cache-Control": "no-store"})
