"""Access rules, and the tickets that justifications refer to."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.contrib.auth.models import Group
from django.http import HttpRequest

from governance.actions.access_rules import RuleTerms, change_access_rule, define_access_rule, retire_access_rule
from governance.actions.tickets import close_ticket, open_ticket
from governance.breakglass.guards import EMERGENCY_MINUTES
from governance.catalogue import names_of
from governance.errors import Invalid
from governance.identities import Caller
from governance.models import AccessRule, Account, Ticket
from governance.operators import fields
from governance.operators.decorations import in_utc, shown
from governance.operators.definitions import DefinitionAdmin
from governance.operators.forms import DefinitionForm

_ABOUT = ("name", "accessor_id", "emergency_group")


class AccessRuleForm(DefinitionForm):
    name = fields.line("Name", help_text="Letters, digits, _ and -.")
    accessor_id = fields.choice(
        "Accessor", [], required=False, help_text="Of several rules that fit, the strictest of each term holds."
    )
    approvals = fields.whole_number("Approvals", initial=1, min_value=1, max_value=9, help_text="By different people.")
    longest_minutes = fields.whole_number("Longest access", initial=60, min_value=1, help_text="Minutes.")
    ceiling_minutes = fields.whole_number("Longest with extensions", initial=180, min_value=1, help_text="Minutes.")
    most_subjects = fields.whole_number("People at once", initial=1, min_value=1)
    decide_within_minutes = fields.whole_number(
        "To be decided within", initial=24 * 60, min_value=1, help_text="Minutes; then a request lapses."
    )
    begin_within_minutes = fields.whole_number(
        "To be begun within", initial=8 * 60, min_value=1, help_text="Minutes; then a grant is over unused."
    )
    factor_minutes = fields.whole_number(
        "Second factor",
        initial=5,
        min_value=1,
        max_value=32767,
        required=False,
        help_text="Minutes within which it was proved. Empty: none is asked for.",
    )
    needs_ticket = fields.switch("Needs a ticket", initial=True)
    emergency_group = fields.one_of(
        "Emergencies",
        Group.objects.order_by("name"),
        required=False,
        empty_label="nobody",
        help_text="Group that may take access at once, to be reviewed afterwards.",
    )
    emergency_minutes = fields.whole_number(
        "Longest emergency", initial=EMERGENCY_MINUTES, min_value=0, max_value=EMERGENCY_MINUTES, help_text="Minutes."
    )
    emergencies_per_week = fields.whole_number(
        "Emergencies a week", initial=2, min_value=0, max_value=32767, help_text="Of one person."
    )
    review_percent = fields.whole_number(
        "Looked back at", initial=5, min_value=0, max_value=100, help_text="Percent of all grants; every emergency is."
    )
    review_within_hours = fields.whole_number(
        "Reviewed within",
        initial=72,
        min_value=0,
        max_value=32767,
        help_text="Hours. One that is overdue blocks the next emergency.",
    )


@admin.register(AccessRule)
class AccessRuleAdmin(DefinitionAdmin):
    """Lists and edits the terms of temporary access."""

    form = AccessRuleForm
    actions_detail = ()
    empty_hint = "So nobody can ask for temporary access. A rule says under which terms it is granted."
    consequence = "Where no rule is left nobody can ask, and nothing that waits can be begun. What runs goes on."
    list_display = ("name", "through", "approvals", "longest_minutes", "factor", "emergencies")
    search_fields = ("name",)

    def prepare_form(self, form: Any, request: HttpRequest, obj: Any) -> None:  # noqa: ARG002  the base's signature
        accessors = sorted(names_of("accessor").items(), key=lambda each: each[1].lower())
        choices = [("", "every accessor"), *((str(public_id), name) for public_id, name in accessors)]
        form.base_fields["accessor_id"].choices = choices

    @shown("accessor")
    def through(self, rule: AccessRule) -> str:
        return names_of("accessor").get(rule.accessor_id, "—") if rule.accessor_id else "every one"

    @shown("second factor")
    def factor(self, rule: AccessRule) -> str:
        return "none" if rule.factor_minutes is None else f"{rule.factor_minutes} min"

    @shown("emergencies")
    def emergencies(self, rule: AccessRule) -> str:
        return str(rule.emergency_group or "nobody")

    def publish(self, caller: Caller, data: dict[str, Any], rows: Any, stored: Any) -> AccessRule:  # noqa: ARG002  no inlines
        terms = RuleTerms(**{name: value for name, value in data.items() if name not in _ABOUT})
        about: dict[str, Any] = {
            "name": data["name"],
            "terms": terms,
            "accessor_id": UUID(data["accessor_id"]) if data["accessor_id"] else None,
            "emergency_group": data["emergency_group"],
        }
        if stored is None:
            return define_access_rule(caller, **about)
        return change_access_rule(caller, public_id=stored.public_id, **about)

    def retire(self, caller: Caller, stored: Any) -> None:
        retire_access_rule(caller, public_id=stored.public_id)


class TicketForm(DefinitionForm):
    reference = fields.line("Reference", max_length=64, help_text="Letters, digits and . _ # / -; never what was said.")
    assignee = fields.one_of(
        "Assignee",
        Account.objects.filter(kind=Account.OPERATOR, is_active=True).order_by("username"),
        help_text="Only they can refer to it.",
    )
    subject_id = fields.line(
        "About", required=False, help_text="Id of a person. Then it justifies access to their record alone."
    )

    @classmethod
    def stored(cls, instance: Any) -> dict[str, Any]:
        return {**super().stored(instance), "subject_id": str(instance.subject_id or "")}


@admin.register(Ticket)
class TicketAdmin(DefinitionAdmin):
    """Lists, opens and closes tickets of the built-in table. One is never changed."""

    form = TicketForm
    actions_detail = ()
    save_word = "Open this ticket"
    retire_word, retired_word = "Close", "closed"
    empty_hint = "A request for access names a ticket that is assigned to whoever asks."
    consequence = "It justifies nothing any more. What was granted because of it goes on."
    list_display = ("reference", "assignee", "state", "since")
    search_fields = ("reference",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or obj.closed_at is None)

    @shown("state", label={"open": "info", "closed": "success"})
    def state(self, ticket: Ticket) -> str:
        return "closed" if ticket.closed_at else "open"

    @shown("since", ordering="created_at")
    def since(self, ticket: Ticket) -> str:
        return in_utc(ticket.created_at, otherwise="")

    def publish(self, caller: Caller, data: dict[str, Any], rows: Any, stored: Any) -> Ticket:  # noqa: ARG002  no inlines
        return open_ticket(
            caller,
            reference=data["reference"],
            assignee=data["assignee"].username,
            subject_id=_id_in(data["subject_id"]),
        )

    def retire(self, caller: Caller, stored: Any) -> None:
        close_ticket(caller, reference=stored.reference)


def _id_in(text: str) -> UUID | None:
    try:
        return UUID(text.strip()) if text.strip() else None
    except ValueError:
        raise Invalid("This has to be an id.", field="subject_id") from None
