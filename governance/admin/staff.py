"""People whom the analysis watches over, and jobs whose schedule explains what they do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin
from django.http import HttpRequest

from governance.actions.staff import lift_mark, mark_subject, register_job, withdraw_job
from governance.catalogue import names_of
from governance.errors import Invalid, NotFound
from governance.identities import Caller
from governance.models import Client, MarkedSubject, Purpose, RegisteredJob
from governance.operators import fields
from governance.operators.decorations import shown
from governance.operators.definitions import DefinitionAdmin
from governance.operators.forms import DefinitionForm

KINDS = (
    (MarkedSubject.FLAGGED, "In the public eye"),
    (MarkedSubject.HONEY, "Made up by us"),
)


class MarkForm(DefinitionForm):
    subject_id = fields.line("Person", help_text="Their id. Nobody but those who see this list learns of it.")
    kind = fields.choice(
        "What they are",
        KINDS,
        help_text="In the public eye: every look that nothing explains is found. Made up by us: every look is found.",
    )

    @classmethod
    def stored(cls, instance: Any) -> dict[str, Any]:
        return {"subject_id": str(instance.subject_id or ""), "kind": instance.kind}


@admin.register(MarkedSubject)
class MarkedSubjectAdmin(DefinitionAdmin):
    """Lists, marks and unmarks people. A mark is never changed."""

    form = MarkForm
    actions_detail = ()
    save_word = "Mark this person"
    retire_word, retired_word = "Unmark", "unmarked"
    empty_hint = "Mark people whom curiosity is drawn to, and some whom you made up for nobody to look at."
    consequence = "The analysis watches over them no more."
    list_display = ("subject_id", "what", "marked_by")
    search_fields = ("subject_id",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and super().has_change_permission(request, obj)

    @shown("what")
    def what(self, mark: MarkedSubject) -> str:
        return "in the public eye" if mark.kind == MarkedSubject.FLAGGED else "made up"

    def publish(self, caller: Caller, data: dict[str, Any], rows: Any, stored: Any) -> MarkedSubject:  # noqa: ARG002  no inlines
        return mark_subject(caller, subject_id=_id_in(data["subject_id"]), kind=data["kind"])

    def retire(self, caller: Caller, stored: Any) -> None:
        lift_mark(caller, public_id=stored.public_id)


class JobForm(DefinitionForm):
    client = fields.one_of("Client", Client.objects.filter(disabled_at=None).order_by("name"))
    purposes = fields.many_of("For the purposes", Purpose.objects.order_by("name"))
    hours = fields.line(
        "Hours", required=False, help_text="Of the day in UTC, as 2, 3, 4. Left empty it may run at any hour."
    )

    accessors = fields.line(
        "Through", required=False, help_text="Names of accessors, separated by commas. Left empty: through any."
    )

    @classmethod
    def stored(cls, instance: Any) -> dict[str, Any]:
        return {
            **super().stored(instance),
            "hours": ", ".join(map(str, instance.hours or [])),
            "accessors": _named(instance.accessors or []),
        }


@admin.register(RegisteredJob)
class RegisteredJobAdmin(DefinitionAdmin):
    """Lists, registers and withdraws jobs. One is never changed."""

    form = JobForm
    actions_detail = ()
    save_word = "Register this job"
    retire_word, retired_word = "Withdraw", "withdrawn"
    empty_hint = "What a job does for its purposes needs no other reason: register those that run by a schedule."
    consequence = "What it does is asked about like everything else."
    list_display = ("client", "for_purposes", "at_hours", "through")
    list_select_related: ClassVar[tuple[str, ...]] = ("client",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and super().has_change_permission(request, obj)

    @shown("for")
    def for_purposes(self, job: RegisteredJob) -> str:
        return ", ".join(job.purposes)

    @shown("hours")
    def at_hours(self, job: RegisteredJob) -> str:
        return ", ".join(map(str, job.hours)) or "any"

    @shown("through")
    def through(self, job: RegisteredJob) -> str:
        return _named(job.accessors) or "any"

    def publish(self, caller: Caller, data: dict[str, Any], rows: Any, stored: Any) -> RegisteredJob:  # noqa: ARG002  no inlines
        return register_job(
            caller,
            client_id=data["client"].public_id,
            purposes=[each.name for each in data["purposes"]],
            hours=_hours_in(data["hours"]),
            accessors=_accessors_in(data["accessors"]),
        )

    def retire(self, caller: Caller, stored: Any) -> None:
        withdraw_job(caller, public_id=stored.public_id)


def _id_in(text: str) -> UUID:
    try:
        return UUID(text.strip())
    except ValueError:
        raise Invalid("This has to be an id.", field="subject_id") from None


def _named(accessors: Sequence[UUID]) -> str:
    names = names_of("accessor")
    return ", ".join(sorted(names.get(each, "one that is gone") for each in accessors))


def _accessors_in(text: str) -> list[UUID]:
    names = {name: public_id for public_id, name in names_of("accessor").items()}
    asked = [each.strip() for each in text.split(",") if each.strip()]
    if not names.keys() >= set(asked):
        raise NotFound("There is no accessor of one of these names.", field="accessors")
    return [names[each] for each in asked]


def _hours_in(text: str) -> list[int]:
    parts = [each for each in text.replace(",", " ").split() if each]
    if not all(each.isascii() and each.isdigit() and len(each) < 3 for each in parts):
        raise Invalid("Hours are numbers from 0 to 23.", field="hours")
    return [int(each) for each in parts]
