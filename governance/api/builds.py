"""Builds that the CI signed, and the keys with which it signs."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.actions.builds import register_build, withdraw_build
from governance.actions.ci_keys import pin_ci_key, withdraw_ci_key
from governance.actions.seeing import must_configure
from governance.api.configuring import ConfiguringView
from governance.errors import NotFound
from governance.models import CiKey, TrustedBuild
from governance.wire.definitions import caller_in
from governance.wire.fields import Fields
from governance.wire.keys import BY_ID, BY_NAME, Keys, moment_key, text_key
from governance.wire.paging import asked_page, page_of
from governance.wire.parameters import list_parameters
from governance.wire.problems import PROBLEMS
from governance.wire.shapes import FLAG, ID, MOMENT, NUMBER, TEXT, array, or_null, page_shape, shape
from keyring.walls import in_environment

_KEY = shape(
    id=ID, name=TEXT, builder_id=TEXT, build_level=NUMBER, public_key=TEXT, key_id=TEXT, created_at=MOMENT,
    withdrawn_at=or_null(MOMENT),
)  # fmt: skip
_BUILD = shape(
    id=ID, digest={**TEXT, "description": "SHA-256 of the artifact, in hexadecimal."}, name=TEXT, builder_id=TEXT,
    build_type=TEXT, build_level=NUMBER, repository=TEXT, repository_id=TEXT, ref=TEXT, is_ref_protected=FLAG,
    commit=TEXT, built_at=MOMENT, verified_at=MOMENT, withdrawn_at=or_null(MOMENT), ci_key_id=ID,
)  # fmt: skip
_WHOLE_BUILD = {**_BUILD, "properties": {**_BUILD["properties"], "envelope": TEXT}}
_KEYS: Keys = {**BY_ID, "digest": text_key("digest"), "commit": text_key("commit"), "built": moment_key("built_at")}


class CiKeys(ConfiguringView):
    """List or pin keys of the CI."""

    @extend_schema(operation_id="list_ci_keys", tags=["reviewed builds"], parameters=list_parameters(BY_NAME),
                   responses={200: page_shape(_KEY), **PROBLEMS})  # fmt: skip
    def get(self, request: Request) -> Response:
        return self.paged(request, CiKey.objects.all(), BY_NAME, _rendered_key)

    @extend_schema(
        operation_id="pin_ci_key",
        tags=["reviewed builds"],
        request={
            "application/json": {
                **shape(name=TEXT, builder_id=TEXT, build_level=NUMBER, public_key={**TEXT, "description": "PEM."}),
                "required": ["name", "builder_id", "public_key"],
            }
        },
        responses={201: _KEY, **PROBLEMS},
    )
    def post(self, request: Request) -> Response:
        fields = Fields(request.data)
        pinned = pin_ci_key(
            caller_in(request),
            name=fields.text("name"),
            builder_id=fields.text("builder_id"),
            public_key=fields.text("public_key"),
            build_level=fields.number("build_level", 0),
        )
        return Response(_rendered_key(pinned), status=201)


class SingleCiKey(ConfiguringView):
    """Withdraw a key of the CI."""

    @extend_schema(operation_id="withdraw_ci_key", tags=["reviewed builds"], responses={200: _KEY, **PROBLEMS})
    def delete(self, request: Request, ci_key_id: UUID) -> Response:
        return Response(_rendered_key(withdraw_ci_key(caller_in(request), key_id=ci_key_id)))


class Builds(APIView):
    """List registered builds, or register those of a provenance that a pinned key signed."""

    @extend_schema(operation_id="list_builds", tags=["reviewed builds"], parameters=list_parameters(_KEYS),
                   responses={200: page_shape(_BUILD), **PROBLEMS})  # fmt: skip
    def get(self, request: Request) -> Response:
        caller = caller_in(request)
        must_configure(caller)
        asked = asked_page(request.query_params.dict(), _KEYS)
        with in_environment(caller.environment_id):
            return Response(page_of(TrustedBuild.objects.select_related("key"), asked, _rendered))

    @extend_schema(
        operation_id="register_build",
        tags=["reviewed builds"],
        request={
            "application/json": {
                **shape(envelope={**TEXT, "description": "The DSSE envelope, as JSON text."}),
                "required": ["envelope"],
            }
        },
        responses={201: shape(builds=array(_BUILD)), **PROBLEMS},
    )
    def post(self, request: Request) -> Response:
        builds = register_build(caller_in(request), envelope=Fields(request.data).text("envelope"))
        return Response({"builds": [_rendered(each) for each in builds]}, status=201)


class SingleBuild(ConfiguringView):
    """Read a build with its envelope, or withdraw its registration."""

    @extend_schema(operation_id="get_build", tags=["reviewed builds"], responses={200: _WHOLE_BUILD, **PROBLEMS})
    def get(self, request: Request, build_id: UUID) -> Response:
        with in_environment(caller_in(request).environment_id):
            build = TrustedBuild.objects.select_related("key").filter(public_id=build_id).first()
            if build is None:
                raise NotFound("There is no such build.", field="id")
            return Response({**_rendered(build), "envelope": build.envelope})

    @extend_schema(operation_id="withdraw_build", tags=["reviewed builds"], responses={200: _BUILD, **PROBLEMS})
    def delete(self, request: Request, build_id: UUID) -> Response:
        return Response(_rendered(withdraw_build(caller_in(request), build_id=build_id)))


def _rendered_key(key: CiKey) -> dict[str, Any]:
    shown = ("name", "builder_id", "build_level", "public_key", "key_id", "created_at", "withdrawn_at")
    return {"id": str(key.public_id), **{name: getattr(key, name) for name in shown}}


def _rendered(build: TrustedBuild) -> dict[str, Any]:
    shown = (
        "digest", "name", "builder_id", "build_type", "build_level", "repository", "repository_id", "ref",
        "is_ref_protected", "commit", "built_at", "verified_at", "withdrawn_at",
    )  # fmt: skip
    told = {name: getattr(build, name) for name in shown}
    return {"id": str(build.public_id), **told, "ci_key_id": str(build.key.public_id)}
