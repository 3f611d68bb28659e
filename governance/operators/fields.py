"""Form fields in the look of the console."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.db import models
from unfold import widgets


def line(label: str, *, required: bool = True, **options: Any) -> forms.CharField:
    """A line of text."""
    return forms.CharField(
        label=label,
        required=required,
        widget=widgets.UnfoldAdminTextInputWidget({"autocomplete": "off", "spellcheck": "false"}),
        **options,
    )


def paragraph(label: str, *, required: bool = False, rows: int = 3, **options: Any) -> forms.CharField:
    """Some lines of text."""
    widget = widgets.UnfoldAdminTextareaWidget({"rows": rows})
    return forms.CharField(label=label, required=required, widget=widget, **options)


def source_text(label: str, *, rows: int = 12, **options: Any) -> forms.CharField:
    """Source text: a fixed-width font, nothing stripped or corrected."""
    attributes = {"rows": rows, "class": "source-text", "spellcheck": "false", "autocapitalize": "none"}
    return forms.CharField(
        label=label, strip=False, widget=widgets.UnfoldAdminTextareaWidget(attributes), **{"required": False, **options}
    )


def switch(label: str, **options: Any) -> forms.BooleanField:
    """Yes or no."""
    return forms.BooleanField(label=label, required=False, widget=widgets.UnfoldBooleanSwitchWidget(), **options)


def choice(label: str, choices: Any, **options: Any) -> forms.ChoiceField:
    """One of a few; `choices` may be a callable."""
    return forms.ChoiceField(label=label, choices=choices, widget=widgets.UnfoldAdminSelectWidget(), **options)


def one_of(label: str, found: models.QuerySet[Any], **options: Any) -> forms.ModelChoiceField[Any]:
    """One object of the chosen environment; `empty_label` says what none of them means."""
    options.setdefault("empty_label", "Choose…" if options.get("required", True) else "none")
    return forms.ModelChoiceField(found, label=label, widget=widgets.UnfoldAdminSelectWidget(), **options)


def many_of(label: str, found: models.QuerySet[Any], **options: Any) -> forms.ModelMultipleChoiceField[Any]:
    """Any number of objects of the chosen environment."""
    return forms.ModelMultipleChoiceField(
        found, label=label, widget=widgets.UnfoldAdminCheckboxSelectMultipleWidget(), **options
    )


def whole_number(label: str, **options: Any) -> forms.IntegerField:
    """A whole number."""
    return forms.IntegerField(label=label, widget=widgets.UnfoldAdminIntegerFieldWidget(), **options)


def moment(label: str, **options: Any) -> forms.SplitDateTimeField:
    """A date and a time of day, in UTC."""
    return forms.SplitDateTimeField(
        label=label, required=False, widget=widgets.UnfoldAdminSplitDateTimeWidget(), **options
    )


class JsonObjectField(forms.JSONField):
    """A JSON object, written over several lines; left empty it is `{}`."""

    def __init__(self, *, label: str, rows: int = 4, **options: Any) -> None:
        attributes = {"rows": rows, "class": "source-text", "spellcheck": "false", "autocapitalize": "none"}
        super().__init__(label=label, required=False, widget=widgets.UnfoldAdminTextareaWidget(attributes), **options)

    def prepare_value(self, value: Any) -> Any:
        if value is None:
            return ""
        if isinstance(value, dict):
            return json.dumps(value, indent=2, ensure_ascii=False) if value else ""
        return super().prepare_value(value)

    def clean(self, value: Any) -> dict[str, Any]:
        """Return an object; lists, numbers and texts are refused."""
        cleaned = super().clean(value)
        if cleaned is None or cleaned == "":
            return {}
        if not isinstance(cleaned, dict):
            raise forms.ValidationError('Write a JSON object, such as {"networks": ["10.0.0.0/8"]}.')
        return cleaned
