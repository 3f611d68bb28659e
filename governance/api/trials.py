"""Trying policies and templates out with a made-up call; nothing is stored, and the book says that it was done."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from governance.actions.policies import check_type
from governance.actions.policy_trials import try_policy, try_published_policy, try_template
from governance.api.configuring import ConfiguringView
from governance.api.policies import branch_of, parameters_in
from governance.errors import Invalid
from governance.models import AccessPolicy
from governance.policies.facts import address_in
from governance.policies.trying import MadeUpCall, Trial
from governance.wire.definitions import caller_in
from governance.wire.fields import Fields
from governance.wire.hot import DECISION_HEADER
from governance.wire.references import referred
from governance.wire.shapes import ANY, ERROR, FLAG, REFERENCE, TEXT, array, shape
from keyring.walls import in_environment

_ERRORS = {400: ERROR, 401: ERROR, 403: ERROR, 404: ERROR, 503: ERROR}
_CONTEXT = {
    **shape(
        server=shape(ip_address=TEXT, action=TEXT, purpose_names=array(TEXT)), client=ANY,
        user={**ANY, "nullable": True},
    ),
    "description": "The call as it might be: what the server would observe, what the client would claim, about whom.",
}  # fmt: skip
_TRIAL = shape(allowed=FLAG, debug=shape(reasons=array(TEXT), faults=array(TEXT), console=array(TEXT)))
_COMPONENT = shape(policy=REFERENCE, template=REFERENCE, template_parameters=TEXT)


class TryPolicy(ConfiguringView):
    """Decide about a made-up call by a policy that is not published."""

    @extend_schema(
        operation_id="test_access_policy",
        tags=["definitions"],
        request={
            "application/json": shape(
                access_policy=shape(policy_type=TEXT, components=array(_COMPONENT)), context=_CONTEXT
            )
        },
        responses={200: _TRIAL, **_ERRORS},
    )
    def post(self, request: Request) -> Response:
        caller, fields = caller_in(request), Fields(request.data)
        given, call = fields.nested("access_policy"), _call_in(fields)
        policy_type = given.text("policy_type", AccessPolicy.ALL)
        check_type(policy_type)
        with in_environment(caller.environment_id):
            components = [branch_of(each) for each in given.nested_list("components")]
        return _told(*try_policy(caller, policy_type=policy_type, components=components, call=call))


class TryTemplate(ConfiguringView):
    """Decide about a made-up call by a script that is not published."""

    @extend_schema(
        operation_id="test_access_policy_template",
        tags=["definitions"],
        request={
            "application/json": shape(
                access_policy_template=shape(function=TEXT),
                context=_CONTEXT,
                params={**TEXT, "description": "The text of a JSON object."},
            )
        },
        responses={200: _TRIAL, **_ERRORS},
    )
    def post(self, request: Request) -> Response:
        fields = Fields(request.data)
        trial, decision_id = try_template(
            caller_in(request),
            function=fields.nested("access_policy_template").text("function"),
            parameters=parameters_in(fields, "params"),
            call=_call_in(fields),
        )
        return _told(trial, decision_id)


class ExecutePolicy(ConfiguringView):
    """Decide about a made-up call by the policy that holds."""

    @extend_schema(
        operation_id="execute_access_policy",
        tags=["definitions"],
        request={"application/json": shape(access_policy_rid=REFERENCE, context=_CONTEXT)},
        responses={200: _TRIAL, **_ERRORS},
    )
    def post(self, request: Request) -> Response:
        caller, fields = caller_in(request), Fields(request.data)
        call = _call_in(fields)
        with in_environment(caller.environment_id):
            public_id = referred(fields, "access_policy_rid", AccessPolicy)
        return _told(*try_published_policy(caller, public_id=public_id, call=call))


def _call_in(fields: Fields) -> MadeUpCall:
    context = fields.nested("context")
    server = context.nested("server")
    address, purposes = server.text("ip_address", ""), server.array("purpose_names")
    if address and address_in(address) is None:
        raise Invalid("This has to be an IP address.", field=server.path("ip_address"))
    if not all(isinstance(name, str) for name in purposes):
        raise Invalid("Purposes are named by texts.", field=server.path("purpose_names"))
    return MadeUpCall(
        action=server.text("action", "Execute"),
        address=address or None,
        purposes=tuple(purposes),
        claimed=context.mapping("client"),
        user=context.mapping("user") if context.raw("user") is not None else None,
    )


def _told(trial: Trial, decision_id: UUID) -> Response:
    shown: dict[str, Any] = {
        "allowed": trial.allowed,
        "debug": {"reasons": list(trial.reasons), "faults": list(trial.faults), "console": list(trial.lines)},
    }
    return Response(shown, headers={DECISION_HEADER: str(decision_id)})
