"""Columns, and the classification of those that came without a PII tag."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseRedirect
from django.shortcuts import render
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminTextInputWidget

from governance.identities import Caller
from governance.models import AccessPolicy
from governance.operators import fields
from governance.operators.choice import operator_caller
from governance.operators.decorations import shown
from governance.operators.definitions import PROTECTED, DefinitionAdmin
from governance.operators.faults import said
from governance.operators.forms import DefinitionForm
from governance.operators.origins import OriginFilter
from governance.operators.permission import standing_for
from userstore.actions.columns import ColumnSpec, change_column, classify_columns, define_column, retire_column
from userstore.admin.datatypes import data_type_choices
from userstore.errors import Invalid, NotFound
from userstore.models import Column, Transformer, Value
from userstore.models.columns import UNCLASSIFIED

SENSITIVITIES: tuple[tuple[str, str], ...] = (
    ("", "choose"),
    ("1", "1: public"),
    ("2", "2: internal"),
    ("3", "3: personal"),
    ("4", "4: special categories, credentials"),
)
SUGGESTED_CATEGORIES = (
    "account", "biometric", "contact", "credential", "financial", "government id", "health", "identifier", "image",
    "location", "name", "none", "online activity",
)  # fmt: skip
"""Suggestions; a category is free text, because every trade has its own."""


class SuggestingInput(UnfoldAdminTextInputWidget):  # type: ignore[misc]  # unfold has no types
    """A line of text with suggestions, in plain HTML."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        listed = f"{(attrs or {}).get('id', name)}_suggestions"
        line = super().render(name, value, {**(attrs or {}), "list": listed}, renderer)
        options = format_html_join("", '<option value="{}"></option>', ((one,) for one in SUGGESTED_CATEGORIES))
        return format_html('{}<datalist id="{}">{}</datalist>', line, listed, options)


def category_field() -> forms.CharField:
    """What kind of personal data it is."""
    return forms.CharField(
        label="PII category",
        max_length=64,
        widget=SuggestingInput({"autocomplete": "off"}),
        help_text="For example contact, name, health, or none. It shows where PII is.",
    )


def sensitivity_field() -> forms.ChoiceField:
    """How sensitive it is, 1 to 4."""
    return fields.choice("Sensitivity", SENSITIVITIES)


class ColumnForm(DefinitionForm):
    places: ClassVar[dict[str, str]] = {
        "constraints.unique_required": "unique_required",
        "constraints.unique_id_required": "unique_id_required",
        "constraints.immutable_required": "immutable_required",
        "constraints.partial_updates": "partial_updates",
        "default_token_access_policy": "default_token_policy",
    }
    name = fields.line("Name", help_text="Letters, digits, _ and -.")
    description = fields.paragraph("Description")
    pii_category = category_field()
    sensitivity = sensitivity_field()
    data_type = fields.choice("Data type", data_type_choices)
    is_array = fields.switch("Several values per person")
    unique_required = fields.switch("No equal values within one person's array")
    unique_id_required = fields.switch(
        "Every value has an id", help_text="Needs a composite data type with an id; the server makes missing ones."
    )
    immutable_required = fields.switch("Values never change", help_text="They come and go by their ids.")
    partial_updates = fields.switch(
        "Single values are added and removed", help_text="Needs several values per person, without equals or with ids."
    )
    index_type = fields.choice(
        "Index", [("none", "none"), ("indexed", "equality"), ("unique", "equality, unique among all people")]
    )
    default_value = fields.line("Default value", required=False, max_length=512)
    access_policy = fields.one_of("Access policy", AccessPolicy.objects.all(), required=False)
    default_transformer = fields.one_of("Default transformer", Transformer.objects.all(), required=False)
    default_token_policy = fields.one_of("Default token policy", AccessPolicy.objects.all(), required=False)

    def clean_pii_category(self) -> str:
        """Demand a decision: unclassified is what a column is before anybody looked at it."""
        category = str(self.cleaned_data["pii_category"]).strip()
        if category == UNCLASSIFIED:
            raise forms.ValidationError("Say what it is: a category such as contact, or none.")
        return category

    @classmethod
    def stored(cls, instance: Column) -> dict[str, Any]:
        found = super().stored(instance)
        if instance.pii_category == UNCLASSIFIED and not instance.is_system:
            found.update(pii_category="", sensitivity="")
        return found


class UnclassifiedFilter(admin.SimpleListFilter):
    """Columns that wait for their tag."""

    title = "PII tag"
    parameter_name = "tag"

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002  Django's signature
        return [("missing", "unclassified"), ("given", "classified")]

    def queryset(self, request: Any, queryset: Any) -> Any:  # noqa: ARG002  Django's signature
        match self.value():
            case "missing":
                return queryset.filter(pii_category=UNCLASSIFIED)
            case "given":
                return queryset.exclude(pii_category=UNCLASSIFIED)
        return queryset


@admin.register(Column)
class ColumnAdmin(DefinitionAdmin):
    """Lists and edits columns."""

    form = ColumnForm
    freeze_kind = "column"
    actions = ("classify",)
    list_display = ("name", "tag", "sensitivity", "data_type", "amount", "index", "origin")
    list_filter = (UnclassifiedFilter, "sensitivity", "pii_category", "data_type", OriginFilter)
    search_fields = ("name", "description")
    fieldsets = (
        (None, {"fields": ("name", "description")}),
        ("PII tag", {"fields": ("pii_category", "sensitivity")}),
        (
            "Values",
            {
                "fields": (
                    ("data_type", "index_type"),
                    "is_array",
                    "unique_required",
                    "unique_id_required",
                    "immutable_required",
                    "partial_updates",
                    "default_value",
                )
            },
        ),
        ("Protection", {"fields": ("access_policy", ("default_transformer", "default_token_policy"))}),
    )

    @shown("PII tag", label={"unclassified": "warning"})
    def tag(self, column: Column) -> str:
        return column.pii_category

    @shown("values per person", ordering="is_array")
    def amount(self, column: Column) -> str:
        return "several" if column.is_array else "one"

    @shown("index", label={"none": "default", "being settled": "warning"}, ordering="index_type")
    def index(self, column: Column) -> str:
        return column.index_type if column.is_index_settled else "being settled"

    def prepare_form(self, form: Any, request: HttpRequest, obj: Any) -> None:  # noqa: ARG002  the base's signature
        if obj is not None:
            for name in ("data_type", "is_array", "unique_required", "unique_id_required", "immutable_required"):
                form.base_fields[name].disabled = True

    def publish(self, caller: Caller, data: dict[str, Any], rows: Any, stored: Any) -> Column:  # noqa: ARG002  no inlines
        references = ("access_policy", "default_transformer", "default_token_policy")
        spec = ColumnSpec(
            **{
                **data,
                "sensitivity": int(data["sensitivity"]),
                **{name: data[name].public_id if data[name] else None for name in references},
            }
        )
        if stored is None:
            return define_column(caller, spec=spec)
        return change_column(
            caller, public_id=stored.public_id, spec=replace(spec, search_indexed=stored.search_indexed)
        )

    def consequence_of(self, stored: Column) -> str:
        values = Value.objects.filter(column=stored).count()
        gone = "It holds no value." if not values else f"Its {values} stored values are destroyed for good."
        return f"{gone} If an accessor or a mutator names it, nothing happens and you are told."

    def retire(self, caller: Caller, stored: Any) -> None:
        retire_column(caller, public_id=stored.public_id)

    @admin.action(description="Classify…", permissions=["change"])
    def classify(self, request: HttpRequest, chosen: Any) -> HttpResponse:
        """Give all chosen columns one PII tag: first the question, then one change, or one draft, for all of them."""
        form = ClassifyForm(request.POST if "classified" in request.POST else None)
        editable = [column for column in chosen if not column.is_system]
        if form.is_valid():
            chosen_ids = [column.public_id for column in editable]
            try:
                classify_columns(operator_caller(request), public_ids=chosen_ids, **form.tag())
            except (Invalid, NotFound) as fault:
                self.message_user(request, said(fault), level="error")
            else:
                self.message_user(request, "The columns are classified, and the book says so.")
            return HttpResponseRedirect(request.get_full_path())
        return render(
            request,
            "governance/classify.html",
            {
                **self.admin_site.each_context(request),
                "title": "Classify",
                "form": form,
                "columns": editable,
                "drafting": PROTECTED if standing_for(request).is_protected else None,
                "opts": self.opts,
            },
        )


class ClassifyForm(forms.Form):
    """One PII tag for several columns."""

    pii_category = category_field()
    sensitivity = sensitivity_field()

    def tag(self) -> dict[str, Any]:
        """Return the tag as a column's specification has it."""
        return {
            "pii_category": self.cleaned_data["pii_category"].strip(),
            "sensitivity": int(self.cleaned_data["sensitivity"]),
        }
