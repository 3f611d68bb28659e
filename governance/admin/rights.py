"""Rights: given and withdrawn, never changed, so that the book tells when which terms held."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Q
from django.forms import ModelChoiceField
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminSelectWidget

from governance.actions.rights import give_right, withdraw_right
from governance.identities import Caller
from governance.models import Account, Environment, GroupRight, Right
from governance.operators import fields
from governance.operators.decorations import shown
from governance.operators.definitions import DefinitionAdmin
from governance.operators.forms import DefinitionForm
from governance.operators.permission import environment_of
from governance.operators.resources import operation_choices, resource_choices, resource_label, resource_named

STAYS = "A right keeps its terms. Withdraw it and give another."


class HolderField(ModelChoiceField):  # type: ignore[type-arg]  # Django's stubs want the model as a parameter
    """An operator, or the service account of a client, under the client's name."""

    def label_from_instance(self, obj: Account) -> str:
        return f"client {obj.client.name}" if obj.kind == Account.SERVICE else f"operator {obj.username}"


class TermsForm(DefinitionForm):
    """The terms that rights of accounts and of groups have in common."""

    operation = fields.choice("May", operation_choices)
    resource = fields.choice("On", ())
    is_deny = fields.switch("Denies instead", help_text="A denial wins over every right that allows.")
    not_before = fields.moment("From", help_text="UTC; empty: from now on.")
    not_after = fields.moment("Until", help_text="UTC; empty: without end.")
    quota_per_hour = fields.whole_number(
        "Calls per clock hour", required=False, min_value=0, help_text="Empty: as many as there are."
    )
    holder_field: ClassVar[str]

    @classmethod
    def stored(cls, instance: Any) -> dict[str, Any]:
        terms = ("is_deny", "not_before", "not_after", "quota_per_hour")
        return {
            **{name: getattr(instance, name) for name in terms},
            "operation": instance.permission.codename,
            "resource": f"{instance.content_type.model}:{instance.object_pk}",
            "holder": getattr(instance, cls.holder_field),
        }


class RightForm(TermsForm):
    holder_field = "user"
    holder = HolderField(
        Account.objects.filter(Q(kind=Account.OPERATOR) | Q(client__isnull=False)).select_related("client"),
        label="Holder",
        widget=UnfoldAdminSelectWidget(),
    )
    field_order = ("holder",)


class GroupRightForm(TermsForm):
    holder_field = "group"
    holder = fields.one_of("Group", Group.objects.order_by("name"))
    field_order = ("holder",)


class TermsAdmin(DefinitionAdmin):
    """What the two kinds of rights have in common."""

    retire_word = "Withdraw"
    retired_word = "withdrawn"
    consequence = "The next call that needs it is refused. The book keeps from when to when which terms held."
    actions_detail = ()
    list_filter = ("is_deny", "permission__codename", "content_type")
    list_display = ("holder", "may", "resource", "terms")
    list_select_related: ClassVar[Sequence[str]] = ("permission", "content_type")

    def locked_because(self, request: HttpRequest, obj: Any) -> str | None:
        return super().locked_because(request, obj) or (STAYS if obj is not None else None)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Withdrawing is no change of terms.
        return self.is_allowed(request) and super().locked_because(request, obj) is None

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["holder", *(name for name in super().get_fields(request, obj) if name != "holder")]

    def prepare_form(self, form: Any, request: HttpRequest, obj: Any) -> None:  # noqa: ARG002  the base's signature
        environment = Environment.objects.get(pk=environment_of(request))
        form.base_fields["resource"].choices = resource_choices(environment)

    def publish(self, caller: Caller, data: dict[str, Any], rows: Any, stored: Any) -> Right | GroupRight:  # noqa: ARG002  no inlines
        return give_right(
            caller,
            holder=data["holder"],
            operation=data["operation"],
            on=resource_named(data["resource"]),
            not_before=data["not_before"],
            not_after=data["not_after"],
            quota_per_hour=data["quota_per_hour"],
            is_deny=data["is_deny"],
        )

    def retire(self, caller: Caller, stored: Any) -> None:
        withdraw_right(caller, right=stored)

    @shown("may", label={"allowed": "success", "denied": "danger"})
    def may(self, right: Right | GroupRight) -> tuple[str, str]:
        return (
            "denied" if right.is_deny else "allowed",
            f"{'not ' if right.is_deny else ''}{right.permission.codename}",
        )

    @shown("on")
    def resource(self, right: Right | GroupRight) -> str:
        return resource_label(right.content_type.model, right.object_pk)

    @shown("terms")
    def terms(self, right: Right | GroupRight) -> str:
        said = []
        if right.not_before:
            said.append(f"from {right.not_before:%Y-%m-%d %H:%M} UTC")
        if right.not_after:
            said.append(f"until {right.not_after:%Y-%m-%d %H:%M} UTC")
        if right.quota_per_hour is not None:
            said.append(f"{right.quota_per_hour} calls an hour")
        return ", ".join(said) or "no limit"


@admin.register(Right)
class RightAdmin(TermsAdmin):
    """Lists, gives and withdraws the rights of operators and clients."""

    form = RightForm
    list_select_related = ("permission", "content_type", "user__client")

    @shown("holder")
    def holder(self, right: Right) -> str:
        account = right.user
        if account.kind == Account.SERVICE:
            return f"client {account.client.name}" if hasattr(account, "client") else "a client of another environment"
        return f"operator {account.username}"


@admin.register(GroupRight)
class GroupRightAdmin(TermsAdmin):
    """Lists, gives and withdraws the rights of groups."""

    form = GroupRightForm
    list_select_related = ("permission", "content_type", "group")

    @shown("group")
    def holder(self, right: GroupRight) -> str:
        return str(right.group)
