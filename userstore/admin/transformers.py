"""Transformers: what becomes of a value on its way out."""

from __future__ import annotations

from dataclasses import fields as fields_of
from typing import Any

from django import forms
from django.contrib import admin

from governance.identities import Caller
from governance.operators import fields
from governance.operators.decorations import shown
from governance.operators.forms import DefinitionForm
from governance.operators.origins import OriginFilter
from governance.operators.trying import Answer, TrialForm, TriedAdmin
from governance.operators.versions import VersionedAdmin
from userstore.actions.transformer_trials import try_published_transformer, try_transformer
from userstore.actions.transformers import KIND as TRANSFORMER
from userstore.actions.transformers import (
    TransformerSpec,
    publish_transformer,
    reinstate_transformer,
    republish_transformer,
    retire_transformer,
    transformer_body,
)
from userstore.admin.datatypes import data_type_choices
from userstore.models import Transformer
from userstore.models.transformers import BY_REFERENCE, BY_VALUE, PASSTHROUGH, TRANSFORM
from userstore.transforming.compilation import NATIVES

TYPES = (
    (PASSTHROUGH, "passes through"),
    (TRANSFORM, "masks or coarsens"),
    (BY_VALUE, "tokenizes the value"),
    (BY_REFERENCE, "tokenizes a reference to the value"),
)


class TransformerForm(DefinitionForm):
    version = forms.IntegerField(widget=forms.HiddenInput(), required=False)
    name = fields.line("Name")
    description = fields.paragraph("Description")
    transform_type = fields.choice("What it does", TYPES)
    input_data_type = fields.choice("Takes", data_type_choices, initial="string")
    output_data_type = fields.choice("Gives", data_type_choices, initial="string")
    native = fields.choice(
        "Native transformer",
        lambda: [("", "none, the function below"), *((name, name) for name in sorted(NATIVES))],
        required=False,
    )
    function = fields.source_text("Function", help_text="JavaScript: transform(data, params) returns the new text.")
    parameters = fields.source_text(
        "Parameters", rows=3, help_text="JSON, as the function or native transformer takes it."
    )
    reuse_existing_token = fields.switch("Gives the same token for the same value", help_text="Only for tokens.")


class TransformerTrialForm(TrialForm):
    """A text, and a function that need not be published."""

    sample = forms.CharField(
        label="Text to transform", strip=False, help_text="An invented value, such as +49 151 5550123."
    )
    function = fields.source_text("Function", help_text="Change it here and try it, then publish it on its own page.")
    parameters = fields.source_text("Parameters", rows=3)


@admin.register(Transformer)
class TransformerAdmin(TriedAdmin, VersionedAdmin):
    """Lists and edits transformers."""

    form = TransformerForm
    trial_form = TransformerTrialForm
    actions_detail = ("try_out", "versions")
    revisions = TRANSFORMER
    list_display = ("name", "does", "kind", "input_data_type", "output_data_type", "version", "origin")
    list_filter = ("transform_type", OriginFilter)
    search_fields = ("name", "description")

    @shown("what it does")
    def does(self, transformer: Transformer) -> str:
        return dict(TYPES).get(transformer.transform_type, transformer.transform_type)

    @shown("kind")
    def kind(self, transformer: Transformer) -> str:
        return "native" if transformer.native else "script" if transformer.function else "none"

    def publish(self, caller: Caller, data: dict[str, Any], rows: Any, stored: Any) -> Transformer:  # noqa: ARG002  no inlines
        version = data.pop("version")
        spec = TransformerSpec(**data)
        if stored is None:
            return publish_transformer(caller, spec=spec)
        return republish_transformer(caller, public_id=stored.public_id, version=version or 0, spec=spec)

    def retire(self, caller: Caller, stored: Any) -> None:
        retire_transformer(caller, public_id=stored.public_id)

    def body_of(self, stored: Any) -> dict[str, Any]:
        return transformer_body(stored)

    def reinstate(self, caller: Caller, stored: Any, version: int) -> Transformer:
        return reinstate_transformer(caller, public_id=stored.public_id, version=version)

    def trial_input(self, stored: Any) -> dict[str, Any]:
        return {"function": stored.function, "parameters": stored.parameters}

    def tried(self, caller: Caller, stored: Any, data: dict[str, Any]) -> Answer:
        """Try what holds, or what it would be with another function or other parameters."""
        drafted = {name: data[name].replace("\r\n", "\n") for name in ("function", "parameters")}
        if drafted == {name: getattr(stored, name) for name in drafted}:
            made = try_published_transformer(caller, public_id=stored.public_id, data=data["sample"])
        else:
            asked = {each.name: getattr(stored, each.name) for each in fields_of(TransformerSpec)}
            made = try_transformer(caller, spec=TransformerSpec(**{**asked, **drafted}), data=data["sample"])
        told = "It gives" if made.value else "It gives an empty text"
        return Answer(told, is_good=True, text=made.value, console=made.lines)
