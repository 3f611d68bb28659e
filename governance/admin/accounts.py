"""Operators and their groups: defined by superusers, who gain no right to data by it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.auth.models import Group
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from governance.actions.accounts import change_operator, invite_operator, reset_password
from governance.actions.addresses import masked_address, set_address
from governance.actions.groups import define_group, retire_group
from governance.admin.second_factors import FactorReset
from governance.models import Account
from governance.operators import fields
from governance.operators.choice import operator_actor
from governance.operators.decorations import in_utc, page_action, shown
from governance.operators.definitions import DefinitionAdmin
from governance.operators.forms import DefinitionForm
from governance.operators.permission import manages_operators, require_management
from governance.operators.second_factors import require_proof
from keyring.plain import Plain


class ManagedAdmin(DefinitionAdmin):
    """What belongs to no environment: only superusers see and change it."""

    actions_detail: ClassVar[Sequence[str]] = ()

    def is_allowed(self, request: HttpRequest) -> bool:
        return manages_operators(request)

    def require_allowed(self, request: HttpRequest) -> None:
        require_management(request)

    def locked_because(self, request: HttpRequest, obj: Any) -> str | None:  # noqa: ARG002  the base's signature
        return None


class AccountForm(DefinitionForm):
    username = fields.line("User name", max_length=150)
    groups = fields.many_of("Groups", Group.objects.order_by("name"), required=False)
    email = fields.line("E-mail address", required=False, max_length=254)
    forgets_email = fields.switch("No e-mails", help_text="Forgets the address.")
    is_active = fields.switch("May sign in", initial=True)
    is_superuser = fields.switch(
        "Superuser", help_text="Defines environments and operators. Gives no right to any data. It stays."
    )

    @classmethod
    def stored(cls, instance: Account) -> dict[str, Any]:
        kept = ("username", "is_active", "is_superuser")
        return {**{name: getattr(instance, name) for name in kept}, "groups": list(instance.groups.all())}


@admin.register(Account)
class AccountAdmin(FactorReset, ManagedAdmin):
    """Lists and edits those who sign in; the accounts behind clients belong to the clients."""

    form = AccountForm
    can_be_retired = False
    actions_detail = ("new_password", "reset_factors")
    list_display = ("username", "member_of", "state", "second_factors", "manages", "last_sign_in")
    list_filter = ("is_active", "is_superuser", "groups")
    search_fields = ("username",)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponseBase:
        """Take a fresh second factor for every change: a stolen session makes no operators."""
        self.require_allowed(request)
        if request.method == "POST":
            require_proof(request)
        return super().changeform_view(request, object_id, form_url, extra_context)

    def get_queryset(self, request: HttpRequest) -> Any:
        return (
            super().get_queryset(request).filter(kind=Account.OPERATOR).prefetch_related("groups", "authenticator_set")
        )

    @shown("groups")
    def member_of(self, account: Account) -> str:
        return ", ".join(sorted(group.name for group in account.groups.all()))

    @shown("state", label={"may sign in": "success", "one-time password": "warning", "shut out": "danger"})
    def state(self, account: Account) -> str:
        if not account.is_active:
            return "shut out"
        return "one-time password" if account.password_is_temporary else "may sign in"

    @shown("superuser", ordering="is_superuser")
    def manages(self, account: Account) -> str:
        return "yes" if account.is_superuser else "no"

    @shown("last sign-in", ordering="last_login")
    def last_sign_in(self, account: Account) -> str:
        return in_utc(account.last_login, otherwise="never")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        later = ("is_active", "forgets_email")
        return [name for name in super().get_fields(request, obj) if obj is not None or name not in later]

    def prepare_form(self, form: Any, request: HttpRequest, obj: Any) -> None:  # noqa: ARG002  the base's signature
        if obj is None:
            for name in ("is_active", "forgets_email"):
                del form.base_fields[name]
        else:
            address = masked_address(obj)
            hint = f"Now: {address}. Empty: it stays." if address else "None yet, so they get no notices by e-mail."
            form.base_fields["email"].help_text = hint
            for name in ("username", "is_superuser"):
                form.base_fields[name].disabled = True

    def publish_for(self, request: HttpRequest, data: dict[str, Any], rows: Any, stored: Any) -> Account:  # noqa: ARG002  no inlines
        groups = [group.name for group in data["groups"]]
        if stored is None:
            account, password = invite_operator(
                operator_actor(request),
                username=data["username"],
                groups=groups,
                is_superuser=data["is_superuser"],
            )
            request.__dict__["one_time_password"] = password
        else:
            account = change_operator(
                operator_actor(request), account_id=stored.pk, is_active=data["is_active"], groups=groups
            )
        if data["email"] or data.get("forgets_email"):
            address = "" if data.get("forgets_email") else data["email"]
            account = set_address(operator_actor(request), account_id=account.pk, address=address)
        return account

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:  # noqa: ARG002  Django's signature
        return self._password_page(request, obj, password=request.__dict__["one_time_password"], title="First password")

    def has_new_password_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Nobody resets their own: they change it, knowing the former."""
        return self.is_allowed(request) and str(object_id) != str(request.user.pk)

    @page_action("New password…", icon="password", permissions=["new_password"])
    def new_password(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask first, then reset the password and show the new one on this answer, once; it takes a fresh factor."""
        self.require_allowed(request)
        account = self.get_object(request, object_id)
        if account is None:
            raise Http404
        password = None
        if request.method == "POST":
            require_proof(request)
            password = reset_password(operator_actor(request), account_id=account.pk)
        return self._password_page(request, account, password=password, title="New password")

    def _password_page(
        self, request: HttpRequest, account: Account, *, password: Plain[str] | None, title: str
    ) -> HttpResponse:
        return never_cache(render)(
            request,
            "governance/new_password.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": title,
                "subtitle": account.username,
                "account": account,
                "password": password.reveal() if password else None,
                "back": self.address("change", account.pk),
            },
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
