"""Grants: what was granted, and how it is begun, stopped and ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from governance import access_queries
from governance.actions.grants import activate_grant, relinquish_grant, resume_grant, revoke_grant, suspend_grant
from governance.api.taking_part import TAGS, TakingPartView, chosen, shown_names, whose
from governance.breakglass import machines
from governance.breakglass.reasons import LONGEST_TEXT
from governance.breakglass.showing import SeenGrant, grant_line
from governance.wire.definitions import caller_in
from governance.wire.fields import Fields
from governance.wire.keys import Keys, flag_key, id_key, moment_key, text_key
from governance.wire.parameters import list_parameters
from governance.wire.problems import PROBLEMS
from governance.wire.shapes import FLAG, ID, MOMENT, NUMBER, TEXT, array, choice, or_null, page_shape, shape

LINE = shape(
    id=ID, request_id=ID, state=choice(*machines.states_of(machines.GRANT)), grantee=TEXT, accessor_id=ID,
    accessor=TEXT, purpose_id=ID, purpose=TEXT, columns=array(shape(id=ID, name=TEXT)), minutes=NUMBER,
    is_emergency=FLAG, created_at=MOMENT, not_before=MOMENT, activate_by=MOMENT, activated_at=or_null(MOMENT),
    not_after=or_null(MOMENT), ended_at=or_null(MOMENT), ended_by=or_null(TEXT),
)  # fmt: skip
GRANT = shape(
    **LINE["properties"],
    subjects=or_null(
        {**array(ID), "description": "Whose records it opens; null for whoever may stop it and not see the request."}
    ),
    comment=or_null(TEXT),
    is_own=FLAG,
)
_COMMENT = {**TEXT, "maxLength": LONGEST_TEXT}
_WITH_COMMENT = {"application/json": {**shape(comment=_COMMENT), "required": ["comment"]}}
_KEYS: Keys = {
    "id": id_key("id"), "state": text_key("state"), "accessor_id": id_key("accessor_id"),
    "is_emergency": flag_key("is_emergency"), "created": moment_key("created_at"),
}  # fmt: skip


class AccessGrants(TakingPartView):
    """List grants: one's own, and those that the caller may decide on, stop or audit."""

    @extend_schema(operation_id="list_access_grants", tags=TAGS, parameters=[whose("own"), *list_parameters(_KEYS)],
                   responses={200: page_shape(LINE), **PROBLEMS})  # fmt: skip
    def get(self, request: Request) -> Response:
        caller, now = caller_in(request), timezone.now()
        rows = {
            "all": lambda: access_queries.grant_rows(caller, now),
            "own": lambda: access_queries.own_grant_rows(caller),
        }
        return self.paged(request, chosen(request, rows), _KEYS, lambda row, names: line(grant_line(row, names)))


class SingleAccessGrant(TakingPartView):
    """One grant."""

    @extend_schema(operation_id="get_access_grant", tags=TAGS, responses={200: GRANT, **PROBLEMS})
    def get(self, request: Request, grant_id: UUID) -> Response:
        return _shown(request, grant_id)


class GrantActivation(TakingPartView):
    """Begin to use what was granted. A program proves no second factor, so it is refused where a rule asks for one."""

    @extend_schema(operation_id="activate_access_grant", tags=TAGS, request=None, responses={200: GRANT, **PROBLEMS})
    def post(self, request: Request, grant_id: UUID) -> Response:
        activate_grant(caller_in(request), grant_id=grant_id, factor_at=None)
        return _shown(request, grant_id)


class GrantSuspension(TakingPartView):
    """Stop a grant until somebody lets it go on; its time runs."""

    @extend_schema(operation_id="suspend_access_grant", tags=TAGS, request=_WITH_COMMENT,
                   responses={200: GRANT, **PROBLEMS})  # fmt: skip
    def post(self, request: Request, grant_id: UUID) -> Response:
        return _commented(request, grant_id, suspend_grant)


class GrantResumption(TakingPartView):
    """Let a suspended grant go on."""

    @extend_schema(operation_id="resume_access_grant", tags=TAGS, request=_WITH_COMMENT,
                   responses={200: GRANT, **PROBLEMS})  # fmt: skip
    def post(self, request: Request, grant_id: UUID) -> Response:
        return _commented(request, grant_id, resume_grant)


class GrantRevocation(TakingPartView):
    """End a grant for good."""

    @extend_schema(operation_id="revoke_access_grant", tags=TAGS,
                   request={"application/json": shape(comment=_COMMENT)},
                   responses={200: GRANT, **PROBLEMS})  # fmt: skip
    def post(self, request: Request, grant_id: UUID) -> Response:
        comment = Fields(request.data or {}).text("comment", "")
        revoke_grant(caller_in(request), grant_id=grant_id, comment=comment)
        return _shown(request, grant_id)


class GrantRelinquishment(TakingPartView):
    """Give up one's own grant; it takes no right."""

    @extend_schema(operation_id="relinquish_access_grant", tags=TAGS, request=None, responses={200: GRANT, **PROBLEMS})
    def post(self, request: Request, grant_id: UUID) -> Response:
        relinquish_grant(caller_in(request), grant_id=grant_id)
        return _shown(request, grant_id)


def _commented(request: Request, grant_id: UUID, step: Callable[..., Any]) -> Response:
    step(caller_in(request), grant_id=grant_id, comment=Fields(request.data).text("comment"))
    return _shown(request, grant_id)


def _shown(request: Request, grant_id: UUID) -> Response:
    seen = access_queries.grant_seen(caller_in(request), grant_id, timezone.now())
    return Response(rendered(seen), headers={"Cache-Control": "no-store"})


def line(seen: SeenGrant) -> dict[str, Any]:
    """Write down a grant as a list shows it."""
    row = seen.row
    told = (
        "state", "minutes", "is_emergency", "created_at", "not_before", "activate_by", "activated_at", "not_after",
        "ended_at",
    )  # fmt: skip
    return {
        "id": str(row.pk),
        "request_id": str(row.request_id),
        "grantee": seen.grantee,
        "accessor_id": str(row.accessor_id),
        "accessor": seen.accessor,
        "purpose_id": str(seen.purpose_id),
        "purpose": seen.purpose,
        "columns": shown_names(seen.columns),
        **{name: getattr(row, name) for name in told},
        "ended_by": seen.ended_by,
    }


def rendered(seen: SeenGrant) -> dict[str, Any]:
    """Write down a grant with its comment, and whose records it opens."""
    return {
        **line(seen),
        "subjects": None if seen.subjects is None else [str(subject) for subject in seen.subjects],
        "comment": seen.comment,
        "is_own": seen.is_own,
    }
