"""What an officer makes up to try a policy or a template: a call, and perhaps somebody it is about."""

from __future__ import annotations

from typing import Any

from django import forms

from governance.models import Purpose
from governance.operators import fields
from governance.operators.trying import Answer, TrialForm
from governance.policies.facts import address_in
from governance.policies.trying import MadeUpCall, Trial


class CallForm(TrialForm):
    """A made-up call."""

    address = forms.CharField(
        label="Address that the server observes", required=False, initial="127.0.0.1", help_text="An IP address."
    )
    action = forms.CharField(label="Action", initial="Execute", max_length=64)
    purposes = forms.ModelMultipleChoiceField(
        Purpose.objects.order_by("name"),
        label="Purposes",
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    claimed = fields.JsonObjectField(
        label="What the caller says", rows=3, help_text='A JSON object, context.client, such as {"ticket": "T-1"}.'
    )
    user = fields.JsonObjectField(
        label="Whom it is about",
        rows=3,
        help_text='Columns of an invented person, context.user, such as {"country": "DE"}. Empty: of nobody.',
    )

    def clean_address(self) -> str:
        """Demand an address or nothing."""
        text = str(self.cleaned_data["address"]).strip()
        if text and address_in(text) is None:
            raise forms.ValidationError("This has to be an IP address, such as 10.0.0.7 or 2001:db8::7.")
        return text


class TemplateTrialForm(CallForm):
    """A made-up call, and a function that need not be published."""

    function = fields.source_text(
        "Function", required=True, help_text="Change it here and try it, then publish it on the template's page."
    )
    parameters = fields.JsonObjectField(label="Parameters", rows=3, help_text="A JSON object, params.")

    field_order = ("function", "parameters")


def call_in(data: dict[str, Any]) -> MadeUpCall:
    """Return the call that a form describes."""
    return MadeUpCall(
        action=data["action"],
        address=data["address"] or None,
        purposes=tuple(purpose.name for purpose in data["purposes"]),
        claimed=data["claimed"],
        user=data["user"] or None,
    )


def answer_of(trial: Trial) -> Answer:
    """Say what a policy answered."""
    told = "It lets this call pass" if trial.allowed else "It refuses this call"
    return Answer(told, trial.allowed, lines=trial.reasons, faults=trial.faults, console=trial.lines)
