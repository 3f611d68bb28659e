"""Users in the wire contract: the subjects of the store, with their columns as a profile."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.actions.change import clearance_for
from governance.actions.seeing import must_see_definitions
from governance.errors import Invalid
from governance.identities import Caller
from governance.observation import address_of
from governance.wire.definitions import caller_in
from governance.wire.fields import Fields
from governance.wire.hot import DECISION_HEADER
from governance.wire.keys import BY_ID, Keys, moment_key
from governance.wire.paging import asked_page, cut
from governance.wire.parameters import list_parameters
from governance.wire.shapes import ERROR, ID, TEXT, choice, page_shape, shape
from keyring.plain import Plain
from keyring.walls import in_environment
from userstore import events
from userstore.actions.credentials import Login
from userstore.actions.deletion import delete_subject
from userstore.actions.idempotency import Answer
from userstore.actions.profiles import Profile, change_profile, read_profile, read_profiles
from userstore.actions.subjects import create_subject, create_subject_with_login
from userstore.api.calls import CallView, repeatable
from userstore.api.terms import DECISION, IDEMPOTENCY_HEADER
from userstore.queries import subjects_of
from userstore.reading.calls import CallContext

_VIA = "authn/users"
_PROFILE = {"type": "object", "additionalProperties": {"type": "string", "nullable": True}}
_USER = shape(
    id=ID, updated_at={"type": "number", "description": "Unix seconds."}, organization_id=ID, profile=_PROFILE
)
_KEYS: Keys = {**BY_ID, "created": moment_key("created_at"), "updated": moment_key("updated_at")}
"""Nothing that a value of somebody could be guessed by."""
_ERRORS = {400: ERROR, 401: ERROR, 403: ERROR, 404: ERROR, 409: ERROR}


@extend_schema_view(
    post=extend_schema(
        operation_id="create_user",
        tags=["users"],
        parameters=[IDEMPOTENCY_HEADER, DECISION],
        request={
            "application/json": shape(
                id=ID, organization_id=ID, region=TEXT, authn_type=choice("", "password"), username=TEXT, password=TEXT
            )
        },
        responses={200: shape(id=ID), **_ERRORS},
    )
)
class Users(CallView):
    """Create a user, or list users."""

    def call(self, request: HttpRequest, caller: Caller, body: Any) -> HttpResponse:
        fields = Fields(body)
        login = _login(fields)
        wanted: dict[str, Any] = {
            "subject_id": fields.optional_id("id"),
            "organization_id": fields.optional_id("organization_id"),
            "region": fields.text("region", ""),
        }

        def create() -> Answer:
            now = timezone.now()
            if login is None:
                created = create_subject(caller, now=now, **wanted)
            else:
                created = create_subject_with_login(caller, login=login, now=now, **wanted)
            return Answer(200, orjson.dumps({"id": str(created.public_id)}), created.decision_id)

        def clear() -> object:
            return clearance_for(caller, "write", events.SUBJECT_CREATED, now=timezone.now())

        return repeatable(request, caller, body, create, clear=clear)

    @extend_schema(
        operation_id="list_users",
        tags=["users"],
        parameters=[
            OpenApiParameter("organization_id", OpenApiTypes.UUID),
            *list_parameters(_KEYS),
            DECISION,
        ],
        responses={200: page_shape(_USER), **_ERRORS},
    )
    def get(self, request: Request) -> Response:
        caller, parameters = caller_in(request), request.query_params.dict()
        must_see_definitions(caller)
        asked, organization_id = asked_page(parameters, _KEYS), Fields(parameters).optional_id("organization_id")
        with in_environment(caller.environment_id):
            subjects, cursors = cut(subjects_of(organization_id), asked)
        profiles, decision_id = read_profiles(
            caller, subject_ids=[each.public_id for each in subjects], context=_context(request), now=timezone.now()
        )
        shown = {profile.subject_id: profile for profile in profiles}
        data = [_rendered(shown[each.public_id], caller) for each in subjects if each.public_id in shown]
        return Response({"data": data, **cursors}, headers={DECISION_HEADER: str(decision_id)})


class SingleUser(APIView):
    """One user."""

    @extend_schema(operation_id="get_user", tags=["users"], parameters=[DECISION], responses={200: _USER, **_ERRORS})
    def get(self, request: Request, subject_id: UUID) -> Response:
        caller = caller_in(request)
        profile, decision_id = read_profile(
            caller, subject_id=subject_id, context=_context(request), now=timezone.now()
        )
        return Response(_rendered(profile, caller), headers={DECISION_HEADER: str(decision_id)})

    @extend_schema(operation_id="update_user", tags=["users"], parameters=[DECISION],
                   request={"application/json": shape(profile=_PROFILE)},
                   responses={200: _USER, **_ERRORS})  # fmt: skip
    def put(self, request: Request, subject_id: UUID) -> Response:
        caller = caller_in(request)
        profile, decision_id = change_profile(
            caller,
            subject_id=subject_id,
            given=Fields(request.data).mapping("profile"),
            context=_context(request),
            now=timezone.now(),
        )
        return Response(_rendered(profile, caller), headers={DECISION_HEADER: str(decision_id)})

    @extend_schema(operation_id="delete_user", tags=["users"], parameters=[DECISION],
                   responses={204: OpenApiResponse(description="Deleted, keys destroyed."), **_ERRORS})  # fmt: skip
    def delete(self, request: Request, subject_id: UUID) -> Response:
        decision_id = delete_subject(caller_in(request), subject_id=subject_id, now=timezone.now())
        return Response(status=204, headers={DECISION_HEADER: str(decision_id)})


def _login(fields: Fields) -> Login | None:
    """What a user will sign in with: nothing, or a user name and a password."""
    kind = fields.text("authn_type", "")
    if kind not in {"", "password"}:
        raise Invalid(
            "Users have a password or nothing to sign in with.",
            field="authn_type",
            remedy="Send authn_type password with username and password, or none of the three.",
        )
    if not kind and not fields.text("username", "") and not fields.text("password", ""):
        return None
    return Login(Plain(fields.text("username")), Plain(fields.text("password")))


def _context(request: Request) -> CallContext:
    return CallContext(address=address_of(request._request), via=_VIA)


def _rendered(profile: Profile, caller: Caller) -> dict[str, Any]:
    return {
        "id": str(profile.subject_id),
        "updated_at": int(profile.updated_at.timestamp()),
        # The contract knows no user without one; the environment stands in for it.
        "organization_id": str(profile.organization_id or caller.environment_id),
        "profile": dict(profile.columns),
    }
