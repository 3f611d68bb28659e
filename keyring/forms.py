"""Sealed text in forms: it goes in, it never comes out."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from keyring.sealed_text import SealedText


class SealedFormField(forms.CharField):
    """Takes new text; shows none of the old. Left empty, it keeps what is sealed."""

    widget = forms.Textarea(attrs={"rows": 3, "autocomplete": "off"})

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("empty_value", None)
        super().__init__(**kwargs)
        self.widget.attrs.setdefault("placeholder", _("Sealed. Leave empty to keep what is there."))

    def prepare_value(self, value: Any) -> Any:
        """Give typed text back to its form, and nothing else."""
        return value if isinstance(value, str) else ""

    def has_changed(self, initial: Any, data: Any) -> bool:  # noqa: ARG002  Django's signature
        return bool(data)

    def _clean_bound_field(self, bf: forms.BoundField) -> Any:
        if isinstance(bf.initial, SealedText) and (self.disabled or not bf.data):
            return bf.initial
        return self.clean(bf.initial if self.disabled else bf.data)
