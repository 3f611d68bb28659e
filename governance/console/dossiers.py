"""The dossier of a breach: whom it is about, which fields, the entries, the clock, and what can be stopped."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from audit.actions.dossiers import ENDINGS
from audit.actions.findings import LONGEST_COMMENT
from audit.models import BreachDossier
from audit.models.breach import CLOCK, OPEN
from governance.actions.dossiers import (
    MOST_PROOFS,
    DossierView,
    begin_dossier,
    end_dossier,
    read_dossier,
    take_dossier,
)
from governance.actions.reading_findings import title_of
from governance.catalogue import names_of
from governance.console.book_lines import line_of
from governance.errors import GovernanceError, Refused
from governance.models import Freeze
from governance.operators.choice import operator_caller
from governance.operators.permission import AUDIT, CONFIGURE, environment_of, may, require
from governance.queries import names_of_actors, names_of_ids
from keyring.walls import in_environment

SHOWN = 50
"""People and entries that the page lists; all of them leave with the file."""


class Stop(NamedTuple):
    """Something that can be stopped: what it is, its name, and the page that does it."""

    kind: str
    name: str
    url: str
    is_frozen: bool


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "POST"])
def dossier(request: HttpRequest, finding_id: UUID) -> HttpResponse:
    """Show a dossier, on record; on POST begin it, or end it with a reason."""
    require(request, AUDIT)
    caller, now = operator_caller(request), timezone.now()
    if request.method == "POST":
        return _stepped(request, finding_id, now)
    view = read_dossier(caller, finding_id=finding_id, now=now)
    found = view.gathered
    with in_environment(environment_of(request)):
        names = names_of_actors(entry.actor for entry in found.entries[:SHOWN])
        people = names_of_ids([view.dossier.actor, view.dossier.begun_by, view.dossier.ended_by])
        stops = _stops(view)
    return _page(
        request,
        title="Breach dossier",
        view=view,
        finding_title=title_of(view.alert),
        who=people.get(view.dossier.actor, view.dossier.actor),
        begun_by=people.get(str(view.dossier.begun_by), ""),
        ended_by=people.get(str(view.dossier.ended_by), ""),
        clock=clock(view.dossier, now),
        people=sorted(found.people.items(), key=lambda each: (-each[1], each[0]))[:SHOWN],
        further_people=max(0, len(found.people) - SHOWN),
        fields=sorted(found.fields.items(), key=lambda each: (-each[1], each[0])),
        purposes=sorted(found.purposes.items(), key=lambda each: (-each[1], each[0])),
        entries=[line_of(entry, names) for entry in found.entries[:SHOWN]],
        further_entries=max(0, len(found.entries) - SHOWN),
        grants=found.grants,
        stops=stops,
        may_stop=may(request, CONFIGURE),
        is_open=view.dossier.state == OPEN,
        endings=ENDINGS,
        longest=LONGEST_COMMENT,
        most_proofs=MOST_PROOFS,
    )


@never_cache
@require_GET
def dossier_file(request: HttpRequest, finding_id: UUID) -> HttpResponse:
    """Hand out a dossier with its entries and their proofs, as one file."""
    require(request, AUDIT)
    bundle = take_dossier(operator_caller(request), finding_id=finding_id, now=timezone.now())
    headers = {"Content-Disposition": f'attachment; filename="dossier-{finding_id}.zip"'}
    return HttpResponse(bundle.content, content_type="application/zip", headers=headers)


def clock(row: BreachDossier, now: datetime) -> dict[str, Any]:
    """Return what is left of 72 hours, or by how much they are over, as of the dossier's end where it has one."""
    until = row.ended_at or now
    left = row.due_at - until
    minutes = int(abs(left.total_seconds()) // 60)
    return {
        "is_late": left.total_seconds() < 0,
        "hours": minutes // 60,
        "minutes": minutes % 60,
        "gone": min(100, max(0, int((until - row.aware_at) / CLOCK * 100))),
        "due_at": row.due_at,
    }


def _stepped(request: HttpRequest, finding_id: UUID, now: datetime) -> HttpResponse:
    caller, sent = operator_caller(request), request.POST
    try:
        if sent.get("step") == "begin":
            days = sent.get("days", "0")
            number = int(days) if days.isascii() and days.isdigit() and len(days) < 5 else -1
            begin_dossier(caller, finding_id=finding_id, days=number, now=now)
        else:
            ending, comment = sent.get("ending", ""), sent.get("comment", "")
            end_dossier(caller, finding_id=finding_id, ending=ending, comment=comment, now=now)
    except Refused:
        raise
    except GovernanceError as fault:
        if fault.kind == "not_found":
            raise
        messages.error(request, f"{fault} {fault.remedy or ''}".strip())
        if sent.get("step") == "begin":
            return HttpResponseRedirect(reverse("finding", args=[finding_id]))
    return HttpResponseRedirect(reverse("finding-dossier", args=[finding_id]))


def _stops(view: DossierView) -> list[Stop]:
    """Return what a freeze would stop of it: the program that read, what was read through, the whole environment."""
    wanted = [("client", view.dossier.actor), *(("accessor", each) for each in view.gathered.accessors)]
    wanted.append(("environment", str(view.dossier.environment_id)))
    frozen = {(kind, str(target)): public_id for kind, target, public_id in _frozen()}
    found = []
    for kind, target in wanted:
        names = {str(public_id): name for public_id, name in names_of(kind).items()}
        if kind == "environment":
            names = {target: "everything here"}
        if target in names:
            lifted = frozen.get((kind, target))
            page = reverse("unfreeze", args=[lifted]) if lifted else reverse("freeze", args=[kind, target])
            found.append(Stop(kind, names[target], page, lifted is not None))
    return found


def _frozen() -> list[tuple[str, UUID, UUID]]:
    return list(Freeze.objects.filter(lifted_at=None).values_list("kind", "target_id", "public_id"))


def _page(request: HttpRequest, **context: Any) -> HttpResponse:
    return render(request, "governance/dossier.html", {**admin.site.each_context(request), **context})
