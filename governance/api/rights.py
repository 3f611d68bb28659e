"""Standing rights of clients, operators and groups."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.auth.models import Group
from django.db.models import Model
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from governance.actions.rights import give_right, withdraw_right
from governance.api.configuring import ConfiguringView
from governance.errors import Invalid, NotFound
from governance.models import Account, Client, Environment, GroupRight, ReservedOperation, Right
from governance.operators.resources import governed_models
from governance.wire.definitions import caller_in
from governance.wire.fields import Fields
from governance.wire.problems import PROBLEMS
from governance.wire.shapes import FLAG, ID, MOMENT, NUMBER, TEXT, array, choice, or_null, shape
from keyring.walls import in_environment

HOLDER = shape(kind=choice("client", "account", "group"), id=TEXT, name=TEXT)
RESOURCE = shape(kind=TEXT, id=ID)
RIGHT = shape(
    id=TEXT,
    holder=HOLDER,
    operation=TEXT,
    resource=RESOURCE,
    not_before=or_null(MOMENT),
    not_after=or_null(MOMENT),
    quota_per_hour=or_null(NUMBER),
    is_deny=FLAG,
)
_MODELS: dict[str, type[Right] | type[GroupRight]] = {"account": Right, "group": GroupRight}


class Rights(ConfiguringView):
    """List or give rights."""

    @extend_schema(operation_id="list_rights", tags=["governance"],
                   responses={200: shape(data=array(RIGHT)), **PROBLEMS})  # fmt: skip
    def get(self, request: Request) -> Response:
        with in_environment(caller_in(request).environment_id):
            rights = [
                *Right.objects.select_related("permission", "content_type", "user__client").order_by("pk"),
                *GroupRight.objects.select_related("permission", "content_type", "group").order_by("pk"),
            ]
            return Response({"data": [rendered_right(right) for right in rights]})

    @extend_schema(
        operation_id="give_right",
        tags=["governance"],
        request={
            "application/json": shape(
                holder=HOLDER,
                operation=TEXT,
                resource=RESOURCE,
                not_before=or_null(MOMENT),
                not_after=or_null(MOMENT),
                quota_per_hour=or_null(NUMBER),
                is_deny=FLAG,
            )
        },
        responses={201: RIGHT, **PROBLEMS},
    )
    def post(self, request: Request) -> Response:
        caller, fields = caller_in(request), Fields(request.data)
        with in_environment(caller.environment_id):
            holder, on = (
                holder_asked(fields.nested("holder")),
                resource_asked(fields.nested("resource"), caller.environment_id),
            )
        right = give_right(
            caller,
            holder=holder,
            operation=fields.text("operation"),
            on=on,
            not_before=fields.moment("not_before"),
            not_after=fields.moment("not_after"),
            quota_per_hour=fields.number("quota_per_hour") if fields.raw("quota_per_hour") is not None else None,
            is_deny=fields.flag("is_deny", default=False),
        )
        with in_environment(caller.environment_id):
            return Response(rendered_right(right), status=201)


class SingleRight(ConfiguringView):
    """Withdraw a right."""

    @extend_schema(operation_id="withdraw_right", tags=["governance"],
                   responses={204: OpenApiResponse(description="Withdrawn."), **PROBLEMS})  # fmt: skip
    def delete(self, request: Request, holder_kind: str, number: int) -> Response:
        caller, model = caller_in(request), _MODELS.get(holder_kind)
        with in_environment(caller.environment_id):
            wanted = {"pk": min(number, 2**31 - 1)}
            right = model._default_manager.filter(**wanted).first() if model is not None else None
        if right is None:
            raise NotFound("There is no such right in this environment.")
        withdraw_right(caller, right=right)
        return Response(status=204)


def holder_asked(fields: Fields) -> Account | Group:
    """Return whom a body names as a holder; must run inside the environment."""
    kind = fields.text("kind")
    if kind == "client":
        client = Client.objects.select_related("account").filter(public_id=fields.id("id")).first()
        if client is not None:
            return client.account
    elif kind == "account":
        account = Account.objects.filter(pk=fields.id("id"), kind=Account.OPERATOR).first()
        if account is not None:
            return account
    elif kind == "group":
        group = Group.objects.filter(name=fields.text("name")).first()
        if group is not None:
            return group
    else:
        raise Invalid("A holder is a client, an account or a group.", field="holder.kind")
    raise Invalid(f"There is no such {kind}.", field="holder")


def resource_asked(fields: Fields, environment_id: UUID) -> Model:
    """Return what a body names as the object of a right; must run inside the environment."""
    kind = fields.text("kind")
    if kind == "environment":
        return Environment.objects.get(pk=environment_id)
    for model in governed_models():
        if model._meta.model_name == kind and model is not Environment:
            found = model._default_manager.filter(public_id=fields.id("id")).first()
            if found is None:
                raise Invalid(f"There is no such {kind} in this environment.", field="resource.id")
            return found
    raise Invalid("No right is given on that kind of object.", field="resource.kind")


def rendered_right(right: Right | GroupRight) -> dict[str, Any]:
    """Return a right as the API has it; must run inside the environment."""
    prefix = "account" if isinstance(right, Right) else "group"
    return {
        "id": f"{prefix}-right-{right.pk}",
        "holder": _rendered_holder(right),
        "operation": right.permission.codename,
        "resource": {"kind": right.content_type.model, "id": public_id_of(right)},
        "not_before": right.not_before,
        "not_after": right.not_after,
        "quota_per_hour": right.quota_per_hour,
        "is_deny": right.is_deny,
    }


def _rendered_holder(right: Right | GroupRight) -> dict[str, str]:
    if isinstance(right, GroupRight):
        return {"kind": "group", "id": str(right.group_id), "name": right.group.name}
    client = Client.objects.filter(account=right.user).first()
    if client is not None:
        return {"kind": "client", "id": str(client.public_id), "name": client.name}
    return {"kind": "account", "id": str(right.user_id), "name": right.user.username}


def public_id_of(governed: Right | GroupRight | ReservedOperation) -> str | None:
    """Return the public id of what a right is on, None where that is gone; must run inside the environment."""
    model = governed.content_type.model_class()
    if model is None or model is Environment:
        return governed.object_pk
    found = model._default_manager.filter(pk=governed.object_pk).values_list("public_id", flat=True).first()
    return str(found) if found else None
