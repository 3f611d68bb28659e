"""Access policies and their templates."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import StackedInline

from governance.actions.policies import KIND as POLICY
from governance.actions.policies import Branch, policy_body, publish_policy, republish_policy, retire_policy
from governance.actions.policy_templates import KIND as TEMPLATE
from governance.actions.policy_templates import (
    publish_template,
    reinstate_template,
    republish_template,
    retire_template,
    template_body,
)
from governance.actions.policy_trials import try_published_policy, try_template
from governance.actions.policy_versions import reinstate_policy
from governance.admin.trials import CallForm, TemplateTrialForm, answer_of, call_in
from governance.identities import Caller
from governance.models import AccessPolicy, PolicyComponent, PolicyTemplate
from governance.operators import fields
from governance.operators.decorations import shown
from governance.operators.definitions import Inline
from governance.operators.forms import DefinitionForm
from governance.operators.origins import OriginFilter
from governance.operators.trying import Answer, TriedAdmin
from governance.operators.versions import VersionedAdmin
from governance.policies.thresholds import NO_THRESHOLDS, thresholds_of, written

_SCRIPT = "function policy(context, params) {\n  return false;\n}\n"
_KEPT = "A JSON object, kept for clients of the wire contract. It decides nothing."
_LIMITED = (
    "0 is no limit. Limits count for what names this policy itself, per caller; what names another policy, of which "
    "this one is a part, has that one's."
)


class VersionedForm(DefinitionForm):
    """Says which version it was made from: a change in between is not overwritten."""

    version = forms.IntegerField(widget=forms.HiddenInput(), required=False)


class TemplateForm(VersionedForm):
    name = fields.line("Name")
    description = fields.paragraph("Description")
    function = fields.source_text(
        "Function",
        required=True,
        initial=_SCRIPT,
        help_text="JavaScript: policy(context, params) returns true or false.",
    )


@admin.register(PolicyTemplate)
class PolicyTemplateAdmin(TriedAdmin, VersionedAdmin):
    """Lists and edits the rules that policies are made of."""

    form = TemplateForm
    trial_form = TemplateTrialForm
    trial_hint = "It decides about a call of yours."
    revisions = TEMPLATE
    actions_detail = ("try_out", "versions")
    list_display = ("name", "kind", "version", "origin", "description")
    list_filter = (OriginFilter,)
    search_fields = ("name", "description")

    @shown("kind")
    def kind(self, template: PolicyTemplate) -> str:
        return "native" if template.native else "script"

    def publish(self, caller: Caller, data: dict[str, Any], rows: Any, stored: Any) -> PolicyTemplate:  # noqa: ARG002  no inlines
        version = data.pop("version")
        if stored is None:
            return publish_template(caller, **data)
        return republish_template(caller, public_id=stored.public_id, version=version or 0, **data)

    def retire(self, caller: Caller, stored: Any) -> None:
        retire_template(caller, public_id=stored.public_id)

    def body_of(self, stored: Any) -> dict[str, Any]:
        return template_body(stored)

    def reinstate(self, caller: Caller, stored: Any, version: int) -> PolicyTemplate:
        return reinstate_template(caller, public_id=stored.public_id, version=version)

    def can_be_tried(self, stored: Any) -> bool:
        """Native ones are tried within a policy, with the parameters they have there."""
        return not stored.native

    def trial_input(self, stored: Any) -> dict[str, Any]:
        return {"function": stored.function}

    def tried(self, caller: Caller, stored: Any, data: dict[str, Any]) -> Answer:  # noqa: ARG002  the function is in the form
        trial, _ = try_template(caller, function=data["function"], parameters=data["parameters"], call=call_in(data))
        return answer_of(trial)


class PolicyForm(VersionedForm):
    places = {"components": "", **{f"thresholds.{name}": name for name in written(NO_THRESHOLDS)}}
    name = fields.line("Name")
    description = fields.paragraph("Description")
    policy_type = fields.choice(
        "Holds when", [(AccessPolicy.ALL, "all components hold"), (AccessPolicy.ANY, "any component holds")]
    )
    required_context = fields.JsonObjectField(label="Required context", help_text=_KEPT)
    max_executions = fields.whole_number("Executions at most", required=False, min_value=0, help_text=_LIMITED)
    max_execution_duration_seconds = fields.whole_number(
        "within seconds", required=False, min_value=0, help_text="5 to 60, where executions are limited."
    )
    announce_max_execution_failure = fields.switch(
        "Tell the caller of too many executions", help_text="Answer 429 instead of an empty result."
    )
    max_results_per_execution = fields.whole_number(
        "Results of one execution at most", required=False, min_value=0, help_text="0 is no limit."
    )
    announce_max_result_failure = fields.switch(
        "Tell the caller of too many results", help_text="Answer 400 instead of an empty result."
    )

    @classmethod
    def stored(cls, instance: Any) -> dict[str, Any]:
        return {**super().stored(instance), **written(thresholds_of(instance.thresholds))}


class ComponentForm(forms.ModelForm):  # type: ignore[type-arg]  # the formset sets the model
    template = fields.one_of("Template", PolicyTemplate.objects.all(), required=False)
    child = fields.one_of("or another policy", AccessPolicy.objects.all(), required=False)
    parameters = fields.JsonObjectField(
        label="Parameters", help_text='A JSON object, such as {"networks": ["10.0.0.0/8"]}.'
    )

    class Meta:
        model = PolicyComponent
        fields = ("template", "child", "parameters")

    def clean(self) -> dict[str, Any]:
        """Demand one of template and policy beside the field, before the action names the component by number."""
        data: dict[str, Any] = super().clean() or {}
        if (data.get("template") is None) == (data.get("child") is None) and not data.get("DELETE"):
            self.add_error("template", "Choose a template or a policy, one of the two.")
        return data

    def _post_clean(self) -> None:
        """Leave the instance alone: the action makes the components."""


class ComponentInline(Inline, StackedInline):  # type: ignore[misc]  # unfold has no types
    """The branches of a policy, in their order."""

    model = PolicyComponent
    fk_name = "policy"
    form = ComponentForm
    fields = (("template", "child"), "parameters")
    ordering = ("ordinal",)
    verbose_name = "component"
    min_num = 1


@admin.register(AccessPolicy)
class AccessPolicyAdmin(TriedAdmin, VersionedAdmin):
    """Lists and edits access policies."""

    form = PolicyForm
    trial_form = CallForm
    trial_hint = "It decides about a call of yours: rules about clients see an operator, who is none."
    actions_detail = ("try_out", "versions")
    inlines = (ComponentInline,)
    revisions = POLICY
    list_display = ("name", "rule", "version", "origin", "description")
    list_filter = (OriginFilter, "policy_type")
    search_fields = ("name", "description")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("components__template", "components__child")

    @shown("rule")
    def rule(self, policy: AccessPolicy) -> str:
        word = " and " if policy.policy_type == AccessPolicy.ALL else " or "
        return word.join(str(component.child or component.template) for component in policy.components.all())

    def publish(self, caller: Caller, data: dict[str, Any], rows: Any, stored: Any) -> AccessPolicy:
        version = data.pop("version")
        data["thresholds"] = {name: data.pop(name) for name in written(NO_THRESHOLDS)}
        data["components"] = [
            Branch(
                policy=row["child"].public_id if row["child"] else None,
                template=row["template"].public_id if row["template"] else None,
                parameters=row["parameters"],
            )
            for row in rows[0]
        ]
        if stored is None:
            return publish_policy(caller, **data)
        return republish_policy(caller, public_id=stored.public_id, version=version or 0, **data)

    def retire(self, caller: Caller, stored: Any) -> None:
        retire_policy(caller, public_id=stored.public_id)

    def body_of(self, stored: Any) -> dict[str, Any]:
        return policy_body(stored)

    def names_meant(self) -> dict[str, str]:
        """Policies are made of templates and other policies."""
        named = {*PolicyTemplate.objects.values_list("public_id", "name")}
        named |= {*AccessPolicy.objects.values_list("public_id", "name")}
        return {str(public_id): name for public_id, name in named}

    def reinstate(self, caller: Caller, stored: Any, version: int) -> AccessPolicy:
        return reinstate_policy(caller, public_id=stored.public_id, version=version)

    def trial_input(self, stored: Any) -> dict[str, Any]:  # noqa: ARG002  a call of anybody
        return {}

    def tried(self, caller: Caller, stored: Any, data: dict[str, Any]) -> Answer:
        trial, _ = try_published_policy(caller, public_id=stored.public_id, call=call_in(data))
        return answer_of(trial)
