"""How long values are kept, in the wire contract: of the environment, of a purpose, of a column for a purpose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.urls import URLPattern, path
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.actions.seeing import must_see_definitions
from governance.errors import Invalid
from governance.wire.definitions import caller_in
from governance.wire.fields import Fields
from governance.wire.shapes import ERROR, FLAG, ID, NUMBER, TEXT, array, choice, shape
from keyring.walls import in_environment
from userstore.actions.retention import (
    change_retention,
    set_retention,
    set_retentions,
    withdraw_retention,
)
from userstore.models.subjects import LIVE, SOFT_DELETED
from userstore.retention.durations import INDEFINITE, MOST, UNITS, Duration
from userstore.retention.settings import (
    STATE_NAMES,
    Scope,
    Setting,
    Wish,
    setting_of,
    settings_of_column,
    stored_setting,
)

NOTHING = str(UUID(int=0))
_DURATION = shape(unit=choice(INDEFINITE, *UNITS), duration=NUMBER)
_ONE = {
    **shape(
        duration_type=choice(*STATE_NAMES.values()),
        id=ID,
        column_id=ID,
        purpose_id=ID,
        duration=_DURATION,
        use_default=FLAG,
        default_duration={**_DURATION, "nullable": True},
        purpose_name={**TEXT, "nullable": True},
        version=NUMBER,
    ),
    "description": "A zero id means that nothing is set here, and that the duration is the inherited one.",
}
_SINGLE = shape(max_duration=_DURATION, retention_duration=_ONE)
_SEVERAL = shape(max_duration=_DURATION, retention_durations=array(_ONE))
_ERRORS = {400: ERROR, 401: ERROR, 403: ERROR, 404: ERROR, 409: ERROR}
_BODY = {"application/json": {**shape(retention_duration=_ONE), "required": ["retention_duration"]}}
BODIES = {"application/json": {**shape(retention_durations=array(_ONE)), "required": ["retention_durations"]}}


class _Retention(APIView):
    state = LIVE

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Nobody without any right in the environment learns what is set there."""
        super().initial(request, *args, **kwargs)
        must_see_definitions(caller_in(request))

    def scope(self, column_id: UUID | None = None, purpose_id: UUID | None = None) -> Scope:
        """What an address is about; of a column only with the purpose that a setting names."""
        return Scope(self.state, column_id, purpose_id)


class _Wide(_Retention):
    """What is set for the environment, or for one purpose; or what it inherits."""

    def get(self, request: Request, purpose_id: UUID | None = None) -> Response:
        with in_environment(caller_in(request).environment_id):
            return Response(_single(setting_of(self.scope(None, purpose_id))))

    def post(self, request: Request, purpose_id: UUID | None = None) -> Response:
        scope, fields = self.scope(None, purpose_id), Fields(request.data).nested("retention_duration")
        _must_mean(scope, fields)
        row = set_retention(caller_in(request), scope=scope, duration=_duration(fields, None))
        return _stored(request, scope, row.public_id, status=201)


class _OfColumn(_Retention):
    """What is kept of one column for every purpose; several settings are written together."""

    def get(self, request: Request, column_id: UUID) -> Response:
        with in_environment(caller_in(request).environment_id):
            return Response(_several(settings_of_column(self.state, column_id)))

    def post(self, request: Request, column_id: UUID) -> Response:
        caller, body = caller_in(request), Fields(request.data)
        if not body.has("retention_durations"):
            raise Invalid("retention_durations is required.", field="retention_durations")
        wishes = [self._wish(fields, column_id) for fields in body.nested_list("retention_durations")]
        set_retentions(caller, wishes=wishes)
        with in_environment(caller.environment_id):
            return Response(_several(settings_of_column(self.state, column_id)))

    def _wish(self, fields: Fields, column_id: UUID) -> Wish:
        scope = self.scope(column_id, fields.id("purpose_id"))
        _must_mean(scope, fields)
        return _wish(scope, fields)


class _Single(_Retention):
    """One setting."""

    def get(
        self, request: Request, retention_id: UUID, purpose_id: UUID | None = None, column_id: UUID | None = None
    ) -> Response:
        with in_environment(caller_in(request).environment_id):
            found = stored_setting(self.state, retention_id, column_id=column_id, purpose_id=purpose_id)
            return Response(_single(found))

    def put(
        self, request: Request, retention_id: UUID, purpose_id: UUID | None = None, column_id: UUID | None = None
    ) -> Response:
        caller, fields = caller_in(request), Fields(request.data).nested("retention_duration")
        with in_environment(caller.environment_id):
            found = stored_setting(self.state, retention_id, column_id=column_id, purpose_id=purpose_id)
        _must_mean(found.scope, fields)
        if fields.flag("use_default", default=False):
            raise Invalid(
                "A setting that is there is not the default.",
                field="retention_duration.use_default",
                remedy="Delete it, and the default holds.",
            )
        change_retention(
            caller,
            public_id=retention_id,
            scope=found.scope,
            duration=_duration(fields, found.duration),
            version=fields.number("version", found.version) if fields.has("version") else found.version,
        )
        return _stored(request, found.scope, retention_id)

    def delete(
        self, request: Request, retention_id: UUID, purpose_id: UUID | None = None, column_id: UUID | None = None
    ) -> Response:
        caller = caller_in(request)
        with in_environment(caller.environment_id):
            found = stored_setting(self.state, retention_id, column_id=column_id, purpose_id=purpose_id)
        withdraw_retention(caller, public_id=retention_id, scope=found.scope)
        return Response(status=204)


def retention_routes(address: str, *, about: str, name: str) -> list[URLPattern]:
    """Give the addresses of the settings of one kind of scope, for live values and for deleted ones.

    Args:
        about: the kind of scope: "environment", "purpose" or "column".
        name: what operations of the API are called after.
    """
    routes = []
    for state, prefix in ((LIVE, "live"), (SOFT_DELETED, "softdeleted")):
        place, called = f"{address}{prefix}retentiondurations", f"{prefix}_retention_of_{name}"
        collection = _documented_column(called) if about == "column" else _documented_wide(called)
        routes += [
            path(place, collection.as_view(state=state), name=f"{called}s"),
            path(f"{place}/<uuid:retention_id>", _documented_single(called).as_view(state=state), name=called),
        ]
    return routes


def _documented_wide(called: str) -> type[_Wide]:
    @extend_schema_view(
        get=extend_schema(operation_id=f"read_{called}", tags=["retention"], responses={200: _SINGLE, **_ERRORS}),
        post=extend_schema(
            operation_id=f"set_{called}", tags=["retention"], request=_BODY, responses={201: _SINGLE, **_ERRORS}
        ),
    )
    class Wide(_Wide):
        pass

    return Wide


def _documented_column(called: str) -> type[_OfColumn]:
    @extend_schema_view(
        get=extend_schema(operation_id=f"list_{called}", tags=["retention"], responses={200: _SEVERAL, **_ERRORS}),
        post=extend_schema(
            operation_id=f"set_{called}", tags=["retention"], request=BODIES, responses={200: _SEVERAL, **_ERRORS}
        ),
    )
    class OfColumn(_OfColumn):
        pass

    return OfColumn


def _documented_single(called: str) -> type[_Single]:
    @extend_schema_view(
        get=extend_schema(operation_id=f"get_{called}", tags=["retention"], responses={200: _SINGLE, **_ERRORS}),
        put=extend_schema(
            operation_id=f"change_{called}", tags=["retention"], request=_BODY, responses={200: _SINGLE, **_ERRORS}
        ),
        delete=extend_schema(
            operation_id=f"withdraw_{called}",
            tags=["retention"],
            responses={204: OpenApiResponse(description="Withdrawn; the inherited duration holds."), **_ERRORS},
        ),
    )
    class Single(_Single):
        pass

    return Single


def wish_in(fields: Fields) -> Wish:
    """Read a setting that says itself what it is about."""
    state = _state(fields.text("duration_type", ""))
    return _wish(Scope(state, fields.optional_id("column_id"), fields.optional_id("purpose_id")), fields)


def _wish(scope: Scope, fields: Fields) -> Wish:
    duration = None if fields.flag("use_default", default=False) else _duration(fields, None)
    return Wish(scope, duration, fields.optional_id("id"), fields.number("version", 0))


def _must_mean(scope: Scope, fields: Fields) -> None:
    """A body that says what it is about says what its address says."""
    if fields.raw("duration_type") is not None and _state(fields.text("duration_type")) != scope.state:
        raise Invalid("The address is about values in another state.", field=fields.path("duration_type"))
    for name, meant in (("column_id", scope.column), ("purpose_id", scope.purpose)):
        given = fields.optional_id(name)
        if given is not None and given != meant:
            raise Invalid("The address is about another one.", field=fields.path(name))


def _state(given: str) -> int:
    known = {"live": LIVE, "predelete": LIVE, "softdeleted": SOFT_DELETED, "postdelete": SOFT_DELETED, "": LIVE}
    if given not in known:
        raise Invalid("The state of values is live or softdeleted.", field="duration_type")
    return known[given]


def _duration(fields: Fields, stored: Duration | None) -> Duration:
    if stored is not None and fields.raw("duration") is None:
        return stored
    given = fields.nested("duration")
    return Duration(given.text("unit"), given.number("duration", 0))


def _stored(request: Request, scope: Scope, public_id: UUID, *, status: int = 200) -> Response:
    with in_environment(caller_in(request).environment_id):
        found = stored_setting(scope.state, public_id, column_id=scope.column, purpose_id=scope.purpose)
        return Response(_single(found), status=status)


def _single(setting: Setting) -> Mapping[str, Any]:
    return {"max_duration": _rendered_duration(MOST), "retention_duration": _rendered(setting)}


def _several(settings: list[Setting]) -> Mapping[str, Any]:
    return {"max_duration": _rendered_duration(MOST), "retention_durations": [_rendered(each) for each in settings]}


def _rendered(setting: Setting) -> dict[str, Any]:
    return {
        "duration_type": STATE_NAMES[setting.scope.state],
        "id": str(setting.public_id or NOTHING),
        "column_id": str(setting.scope.column or NOTHING),
        "purpose_id": str(setting.scope.purpose or NOTHING),
        "duration": _rendered_duration(setting.duration),
        "use_default": setting.public_id is None,
        "default_duration": _rendered_duration(setting.inherited),
        "purpose_name": setting.purpose_name,
        "version": setting.version,
    }


def _rendered_duration(duration: Duration) -> dict[str, Any]:
    return {"unit": duration.unit, "duration": duration.amount}
