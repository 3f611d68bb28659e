"""The form of one definition: it holds what an officer typed, and shows what the action said about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.db import models

from governance.errors import GovernanceError

_AROUND = 24


class DefinitionForm(forms.ModelForm):  # type: ignore[type-arg]  # the admin sets the model
    """What an officer fills in. It never changes its instance: an action does, and its faults come back here."""

    fault: ClassVar[GovernanceError | None] = None
    """What the action said about exactly this input."""
    locked: ClassVar[bool] = False
    """Shown, not to be changed."""
    places: ClassVar[Mapping[str, str]] = {}
    """Field of the wire contract that an error names -> field of this form, where the two differ."""

    def __init__(self, *args: Any, **options: Any) -> None:
        instance = options.get("instance")
        if instance is not None and instance.pk is not None:
            options["initial"] = {**self.stored(instance), **(options.get("initial") or {})}
        super().__init__(*args, **options)
        if self.locked:
            for field in self.fields.values():
                field.disabled = True

    @classmethod
    def stored(cls, instance: Any) -> dict[str, Any]:
        """Return the fields' values of a stored definition."""
        return {name: getattr(instance, name) for name in cls.base_fields if hasattr(instance, name)}

    def _post_clean(self) -> None:
        """Show the action's fault beside its field, instead of writing input into the instance."""
        if self.fault is not None:
            self.add_error(self._place_of(self.fault), self._told(self.fault))

    def _place_of(self, fault: GovernanceError) -> str | None:
        named = fault.field or ""
        place = self.places.get(named, named)
        return place if place in self.fields else None

    def _told(self, fault: GovernanceError) -> str:
        told = [str(fault)]
        place = self._place_of(fault)
        if fault.position is not None and place is not None:
            told.append(_shown_position(str(self.data.get(self.add_prefix(place), "")), fault.position))
        if fault.remedy:
            told.append(fault.remedy)
        return " ".join(told)

    def save(self, commit: bool = True) -> models.Model:  # noqa: ARG002  Django's signature
        """Return the instance untouched."""
        return self.instance  # type: ignore[no-any-return]  # the generic form does not know its model

    def save_m2m(self) -> None:
        """Save nothing: the action has done it."""


def _shown_position(text: str, position: int) -> str:
    """Say where the fault lies: the character of one line (counted from 1), the line of a text of several."""
    if "\n" in text:
        return f"Line {position}."
    at = max(0, position - 1)
    return f"Character {position}: {text[max(0, at - _AROUND) : at]}⟨here⟩{text[at : at + _AROUND]}."
