"""Changes of a protected environment: propose, look at, reject and withdraw. People approve, at the console."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from governance.actions.changes import LONGEST_COMMENT, propose_change, reject_change, withdraw_change
from governance.api.configuring import ConfiguringView
from governance.drafts.arguments import shape_of_arguments
from governance.drafts.differences import CHANGED, GONE, NEW, from_json
from governance.drafts.draftable import draftable_actions
from governance.errors import NotFound
from governance.models import ProtectedChange
from governance.wire.definitions import caller_in
from governance.wire.fields import Fields
from governance.wire.keys import Keys, id_key, moment_key, text_key
from governance.wire.parameters import list_parameters
from governance.wire.problems import PROBLEMS
from governance.wire.shapes import ANY, ID, MOMENT, TEXT, array, choice, or_null, page_shape, shape
from keyring.walls import in_environment

_LINE = shape(field=TEXT, before=TEXT, after=TEXT)
_DIFFERENCE = shape(kind=TEXT, name=TEXT, what=choice(NEW, GONE, CHANGED), lines=array(_LINE))
_ACTION = shape(action=TEXT, promise=TEXT, arguments={**ANY, "description": "A JSON schema."})
_STATES = (
    ProtectedChange.PROPOSED,
    ProtectedChange.APPLIED,
    ProtectedChange.REJECTED,
    ProtectedChange.WITHDRAWN,
    ProtectedChange.STALE,
)
_PERSON = shape(kind=choice("client", "operator"), id=ID)
_CHANGE = shape(
    id=ID,
    action=TEXT,
    state=choice(*_STATES),
    digest=TEXT,
    author=_PERSON,
    comment=TEXT,
    differences=array(_DIFFERENCE),
    proposed_at=MOMENT,
    decided_at=or_null(MOMENT),
    decided_by=or_null(_PERSON),
    outcome={**TEXT, "description": "Why it was not applied; empty where it was, or is not decided."},
)
_KEYS: Keys = {
    "id": id_key("id"),
    "state": text_key("state"),
    "action": text_key("action"),
    "author_id": id_key("author_id"),
    "proposed_at": moment_key("proposed_at"),
}


class Changes(ConfiguringView):
    """List changes, or propose one."""

    @extend_schema(operation_id="list_changes", tags=["governance"], parameters=list_parameters(_KEYS),
                   responses={200: page_shape(_CHANGE), **PROBLEMS})  # fmt: skip
    def get(self, request: Request) -> Response:
        return self.paged(request, ProtectedChange.objects.all(), _KEYS, rendered)

    @extend_schema(
        operation_id="propose_change",
        tags=["governance"],
        description=(
            "In a protected environment configuration changes wait for a second person. An action is tried, and what "
            "it would change is shown; nothing is changed. `/governance/changes/actions` describes each action's "
            "arguments."
        ),
        request={
            "application/json": {
                **shape(action=TEXT, arguments=ANY, comment={**TEXT, "maxLength": LONGEST_COMMENT}),
                "required": ["action", "arguments"],
            }
        },
        responses={201: _CHANGE, **PROBLEMS},
    )
    def post(self, request: Request) -> Response:
        caller, fields = caller_in(request), Fields(request.data)
        change = propose_change(
            caller,
            action=fields.text("action"),
            arguments=fields.raw("arguments"),
            comment=fields.text("comment", ""),
        )
        return _answer(caller.environment_id, change.pk, status=201)


class ChangeActions(ConfiguringView):
    """List the actions that can be proposed."""

    @extend_schema(
        operation_id="list_change_actions",
        tags=["governance"],
        responses={
            200: shape(
                data=array(shape(action=TEXT, promise=TEXT, arguments={**ANY, "description": "A JSON schema."}))
            ),
            **PROBLEMS,
        },
    )
    def get(self, request: Request) -> Response:
        known = sorted(draftable_actions().items())
        return Response(
            {
                "data": [
                    {
                        "action": name,
                        "promise": (action.__doc__ or "").partition("\n")[0],
                        "arguments": shape_of_arguments(action),
                    }
                    for name, action in known
                ]
            }
        )


class SingleChange(ConfiguringView):
    """Look at a change."""

    @extend_schema(operation_id="get_change", tags=["governance"], responses={200: _CHANGE, **PROBLEMS})
    def get(self, request: Request, change_id: UUID) -> Response:
        return _answer(caller_in(request).environment_id, change_id)


class ChangeRejection(ConfiguringView):
    """Reject a change of somebody else's."""

    @extend_schema(operation_id="reject_change", tags=["governance"], request=None,
                   responses={200: _CHANGE, **PROBLEMS})  # fmt: skip
    def post(self, request: Request, change_id: UUID) -> Response:
        caller = caller_in(request)
        reject_change(caller, change_id=change_id)
        return _answer(caller.environment_id, change_id)


class ChangeWithdrawal(ConfiguringView):
    """Withdraw a change of the caller's own."""

    @extend_schema(operation_id="withdraw_change", tags=["governance"], request=None,
                   responses={200: _CHANGE, **PROBLEMS})  # fmt: skip
    def post(self, request: Request, change_id: UUID) -> Response:
        caller = caller_in(request)
        withdraw_change(caller, change_id=change_id)
        return _answer(caller.environment_id, change_id)


def _answer(environment_id: UUID, change_id: UUID, *, status: int = 200) -> Response:
    with in_environment(environment_id):
        found = ProtectedChange.objects.filter(pk=change_id).first()
        if found is None:
            raise NotFound("There is no such change in this environment.", field="change")
        return Response(rendered(found), status=status)


def rendered(change: ProtectedChange) -> dict[str, Any]:
    """Write a change down, as whoever may configure sees it; runs inside the environment."""
    comment: Any = change.comment
    differences: Any = change.differences
    return {
        "id": str(change.pk),
        "action": change.action,
        "state": change.state,
        "digest": change.digest,
        "author": {"kind": change.author_kind, "id": str(change.author_id)},
        "comment": comment.reveal() if comment is not None else "",
        "differences": [_difference(each) for each in from_json(differences.reveal())],
        "proposed_at": change.proposed_at,
        "decided_at": change.decided_at,
        "decided_by": {"kind": change.decided_by_kind, "id": str(change.decided_by)} if change.decided_by else None,
        "outcome": change.outcome,
    }


def _difference(difference: Any) -> dict[str, Any]:
    return {
        "kind": difference.kind,
        "name": difference.name,
        "what": difference.what,
        "lines": [{"field": line.field, "before": line.before, "after": line.after} for line in difference.lines],
    }
