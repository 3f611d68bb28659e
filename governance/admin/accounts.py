"""Operators and their groups: defined by superusers, who gain no right to data by it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import Group
from django.http import HttpRequest

from governance.actions.accounts import change_operator, define_operator
from governance.actions.groups import define_group, retire_group
from governance.models import Account
from governance.operators import fields
from governance.operators.choice import operator_actor
from governance.operators.decorations import shown
from governance.operators.definitions import DefinitionAdmin
from governance.operators.forms import DefinitionForm
from governance.operators.permission import manages_operators, require_management


class ManagedAdmin(DefinitionAdmin):
    """What belongs to no environment: only superusers see and change it."""

    actions_detail = ()

    def is_allowed(self, request: HttpRequest) -> bool:
        return manages_operators(request)

    def require_allowed(self, request: HttpRequest) -> None:
        require_management(request)

    def locked_because(self, request: HttpRequest, obj: Any) -> str | None:  # noqa: ARG002  the base's signature
        return None


class AccountForm(DefinitionForm):
    username = fields.line("User name", max_length=150)
    password = fields.secret_line("First password", help_text="At least 12 characters; to be changed after logging in.")
    groups = fields.many_of("Groups", Group.objects.order_by("name"), required=False)
    is_active = fields.switch("May log in", initial=True)
    is_superuser = fields.switch(
        "Superuser", help_text="Defines environments and operators. Gives no right to any data. It stays."
    )

    @classmethod
    def stored(cls, instance: Account) -> dict[str, Any]:
        kept = ("username", "is_active", "is_superuser")
        return {**{name: getattr(instance, name) for name in kept}, "groups": list(instance.groups.all())}


@admin.register(Account)
class AccountAdmin(ManagedAdmin):
    """Lists and edits those who log in; the accounts behind clients belong to the clients."""

    form = AccountForm
    can_be_retired = False
    list_display = ("username", "member_of", "is_active", "is_superuser", "last_login")
    list_filter = ("is_active", "is_superuser", "groups")
    search_fields = ("username",)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).filter(kind=Account.OPERATOR).prefetch_related("groups")

    @shown("groups")
    def member_of(self, account: Account) -> str:
        return ", ".join(sorted(group.name for group in account.groups.all()))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        left_out = "is_active" if obj is None else "password"
        return [name for name in super().get_fields(request, obj) if name != left_out]

    def prepare_form(self, form: Any, request: HttpRequest, obj: Any) -> None:  # noqa: ARG002  the base's signature
        del form.base_fields["is_active" if obj is None else "password"]
        if obj is not None:
            for name in ("username", "is_superuser"):
                form.base_fields[name].disabled = True

    def publish_for(self, request: HttpRequest, data: dict[str, Any], rows: Any, stored: Any) -> Account:  # noqa: ARG002  no inlines
        groups = [group.name for group in data["groups"]]
        if stored is None:
            return define_operator(
                operator_actor(request),
                username=data["username"],
                password=data["password"],
                groups=groups,
                is_superuser=data["is_superuser"],
            )
        return change_operator(
            operator_actor(request), account_id=stored.pk, is_active=data["is_active"], groups=groups
        )


class GroupForm(DefinitionForm):
    name = fields.line("Name", max_length=150)


admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(ManagedAdmin):
    """Lists groups; who is in one is said on the operator's page."""

    consequence = (
        "If it has members, or rights in any environment, nothing happens and you are told. The book keeps that "
        "there was one."
    )
    form = GroupForm
    list_display = ("name", "members")
    search_fields = ("name",)

    @shown("members")
    def members(self, group: Group) -> int:
        return Account.objects.filter(groups=group, kind=Account.OPERATOR).count()

    def prepare_form(self, form: Any, request: HttpRequest, obj: Any) -> None:  # noqa: ARG002  the base's signature
        form.locked = obj is not None

    def publish_for(self, request: HttpRequest, data: dict[str, Any], rows: Any, stored: Any) -> Group:  # noqa: ARG002  no inlines
        return define_group(operator_actor(request), name=data["name"]) if stored is None else stored

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        retire_group(operator_actor(request), group_id=obj.pk)
