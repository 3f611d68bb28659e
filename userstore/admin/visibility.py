"""The page of an accessor on which an officer sees and says who is shown what: a column a row, a group a column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.auth.models import Group
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache

from governance.errors import GovernanceError, Refused
from governance.models import Client
from governance.operators.choice import operator_caller
from governance.operators.decorations import page_action
from governance.operators.definitions import PROTECTED, DefinitionAdmin
from governance.operators.permission import standing_for
from userstore.actions.showing import masks_for
from userstore.actions.visibility import OPEN, VisibilitySpec, stored_visibilities
from userstore.actions.visibility_changes import change_visibility
from userstore.levels import NOTHING_SHOWN, Shown
from userstore.models import Accessor, Transformer
from userstore.models.accessors import LEVELS, MASKED, NONE, PLAIN
from userstore.reading.outputs import Output
from userstore.reading.plan import accessor_plan
from userstore.reading.samples import sample_seen

MOST_SHOWN = 40
LEVELS_OFFERED = (
    (f"{PLAIN}/{PLAIN}", "plain"),
    (f"{MASKED}/{MASKED}", "masked"),
    (f"{MASKED}/{PLAIN}", "masked, plain on demand"),
    (f"{NONE}/{NONE}", "nothing"),
    (f"{NONE}/{MASKED}", "nothing, masked on demand"),
    (f"{NONE}/{PLAIN}", "nothing, plain on demand"),
)


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody whom a rule may name; `key` stands for them in the names of fields."""

    key: str
    name: str
    kind: str
    named: Any = None


EVERYBODY_ELSE = Reader("default", "Everybody else", "")


@dataclass(frozen=True, slots=True)
class Cell:
    """What one reader is shown of one column: the field, what is chosen, and what that means for an invented value."""

    field: str
    reader: Reader
    chosen: str
    sees: str
    on_demand: str


@dataclass(frozen=True, slots=True)
class Line:
    """One column of the accessor."""

    name: str
    mask_field: str
    mask: str
    masks: Sequence[Transformer]
    cells: Sequence[Cell]
    column: str
    oneself: str
    takes_code: bool


class VisibilityAdmin(DefinitionAdmin):
    """An accessor whose rules of visibility have a page."""

    def has_visibility_permission(self, request: HttpRequest, object_id: Any = None) -> bool:  # noqa: ARG002  unfold's own signature
        """Whoever may see the definition may see who is shown what."""
        return self.is_allowed(request)

    @page_action("Visibility…", icon="visibility", permissions=["visibility"])
    def visibility(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show the table; on POST publish the next version with what was chosen."""
        self.require_allowed(request)
        accessor = self.object_or_404(object_id)
        readers, fault = _readers(accessor), None
        if request.method == "POST":
            fault = self._saved(request, accessor, readers)
            if fault is None:
                return HttpResponseRedirect(request.path)
        return never_cache(render)(
            request,
            "userstore/visibility.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": "Visibility",
                "original": accessor,
                "readers": readers,
                "lines": (lines := _lines(request, accessor, readers)),
                "takes_code": any(line.takes_code for line in lines),
                "levels": LEVELS_OFFERED,
                "own_levels": LEVELS,
                "locked": self.locked_because(request, accessor),
                "drafting": PROTECTED if standing_for(request).is_protected else None,
                "fault": fault,
                "back": self.address("change", accessor.pk),
            },
        )

    def _saved(self, request: HttpRequest, accessor: Accessor, readers: Sequence[Reader]) -> str | None:
        """Publish what was chosen; return what is wrong with it."""
        version = request.POST.get("version", "")
        columns = accessor.columns.select_related("column")
        chosen = {each.column.public_id: _chosen(request.POST, each.column.public_id, readers) for each in columns}
        try:
            change_visibility(
                operator_caller(request),
                public_id=accessor.public_id,
                version=int(version[:9]) if version.isdigit() else -1,
                visibilities=chosen,
            )
        except Refused:
            raise
        except GovernanceError as fault:
            return f"{fault} {fault.remedy or ''}".strip()
        self.message_user(request, "Who is shown what is changed, and the book says so.")
        return None


def _readers(accessor: Accessor) -> list[Reader]:
    """Everybody else, the groups, and the clients that a rule names or that are there to be named."""
    named = {public_id for each in stored_visibilities(accessor).values() for public_id in each.clients}
    clients = sorted(Client.objects.order_by("name"), key=lambda client: client.public_id not in named)
    return [
        EVERYBODY_ELSE,
        *(Reader(f"g{group.pk}", group.name, "group", group.name) for group in Group.objects.order_by("name")),
        *(Reader(f"c{client.pk}", client.name, "client", client.public_id) for client in clients[:MOST_SHOWN]),
    ]


def _lines(request: HttpRequest, accessor: Accessor, readers: Sequence[Reader]) -> list[Line]:
    """The table as it was posted or is stored; what is seen of invented values is always as stored."""
    stored = stored_visibilities(accessor)
    plan = accessor_plan(standing_for(request), accessor.public_id)
    rows = {row.column_id: row for row in accessor.columns.select_related("column")}
    lines = []
    for output in plan.outputs:
        column = rows[output.column.pk].column
        given = stored[column.public_id]
        if request.method == "POST":
            given = _chosen(request.POST, column.public_id, readers)
        lines.append(
            Line(
                column.name,
                f"mask-{column.public_id}",
                str(given.mask or ""),
                masks_for(column),
                [_cell(output, stored[column.public_id], given, reader) for reader in readers],
                str(column.public_id),
                given.oneself,
                given.takes_code,
            )
        )
    return lines


def _cell(output: Output, stored: VisibilitySpec, given: VisibilitySpec, reader: Reader) -> Cell:
    chosen, now = _of(given, reader), timezone.now()
    holds = _of(stored, reader) or stored.default or Shown(PLAIN)
    sees, on_demand = (sample_seen(output, level, now=now) for level in (holds.level, holds.on_demand))
    return Cell(
        f"level-{output.column.public_id}-{reader.key}",
        reader,
        f"{chosen.level}/{chosen.on_demand}" if chosen else "",
        sees or "nothing",
        (on_demand or "nothing") if holds.on_demand != holds.level else "",
    )


def _of(visibility: VisibilitySpec, reader: Reader) -> Shown | None:
    if reader.kind == "group":
        return visibility.groups.get(reader.named)
    return visibility.clients.get(reader.named) if reader.kind == "client" else visibility.default


def _chosen(posted: Mapping[str, str], column_id: UUID, readers: Sequence[Reader]) -> VisibilitySpec:
    """Read one line of the table. Where only some are named, everybody else is shown nothing."""
    shown = {reader: _shown(posted.get(f"level-{column_id}-{reader.key}", "")) for reader in readers}
    groups = {reader.named: each for reader, each in shown.items() if each and reader.kind == "group"}
    clients = {reader.named: each for reader, each in shown.items() if each and reader.kind == "client"}
    default = shown[EVERYBODY_ELSE]
    oneself = posted.get(f"self-{column_id}", NONE)
    takes_code = posted.get("takes-code") == str(column_id)
    if default is None and not groups and not clients and oneself == NONE and not takes_code:
        return OPEN
    mask = _mask(posted.get(f"mask-{column_id}", ""))
    return VisibilitySpec(default or NOTHING_SHOWN, mask, groups, clients, oneself, takes_code)


def _shown(text: str) -> Shown | None:
    return Shown(*text.split("/")) if text in dict(LEVELS_OFFERED) else None


def _mask(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
