"""The graph's pages: objects and their edges under the rights `read` and `write`; what is sought travels in bodies."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from governance.actions.graph import create_edge, create_object, delete_edge, delete_object, edges_of
from governance.actions.graph_reading import reading_graph
from governance.errors import GovernanceError, Invalid, Refused
from governance.models import EdgeType, GraphEdge, GraphObject, ObjectType, Organization
from governance.operators.choice import operator_caller
from governance.operators.objects import object_meant, objects_meant, shown_object
from governance.operators.permission import may, require

READ, WRITE = "read", "write"
PAGE = 50
_OUT, _IN = "out", "in"


@never_cache
@require_http_methods(["GET", "POST"])
def objects(request: HttpRequest) -> HttpResponse:
    """List objects by id, all or of one type; on POST find some by id or alias."""
    require(request, READ)
    caller, sought = operator_caller(request), request.POST.get("sought", "")
    with reading_graph(caller, what="objects") as reading:
        if request.method == "POST":
            found, after = objects_meant(caller.environment_id, sought)[:PAGE], ""
        else:
            found, after = _some(request)
        shown = [shown_object(row) for row in found]
        reading.returned = len(shown)
    return _objects(request, objects=shown, after=after, sought=sought)


@never_cache
@require_POST
def add_object(request: HttpRequest) -> HttpResponse:
    """Create an object and go to its page."""
    require(request, WRITE)
    try:
        made = create_object(
            operator_caller(request),
            type_id=_id(request.POST.get("type", ""), field="type_id"),
            alias=request.POST.get("alias", "").strip(),
            organization_id=_optional_id(request.POST.get("organization", "")),
        )
    except Refused:
        raise
    except GovernanceError as fault:
        return _objects(request, fault=_said(fault), objects=[], added=True)
    messages.success(request, "The object is there, and the book says so.")
    return HttpResponseRedirect(reverse("graph-object", args=[made.public_id]))


@never_cache
@require_http_methods(["GET", "POST"])
def single_object(request: HttpRequest, object_id: UUID) -> HttpResponse:
    """Show an object with its edges; on POST add an edge."""
    require(request, READ)
    fault: GovernanceError | None = None
    if request.method == "POST":
        require(request, WRITE)
        try:
            _add_edge(request, object_id)
        except Refused:
            raise
        except GovernanceError as refused:
            fault = refused
        else:
            messages.success(request, "The edge is there, and the book says so.")
            return HttpResponseRedirect(request.path)
    return _object(request, object_id, fault)


@never_cache
@require_POST
def end_object(request: HttpRequest, object_id: UUID) -> HttpResponse:
    """Delete an object with its edges."""
    require(request, WRITE)
    delete_object(operator_caller(request), public_id=object_id)
    messages.success(request, "The object and its edges are deleted, and the book says so.")
    return HttpResponseRedirect(reverse("graph-objects"))


@never_cache
@require_POST
def end_edge(request: HttpRequest, object_id: UUID, edge_id: UUID) -> HttpResponse:
    """Delete an edge and go back to the object from which one came."""
    require(request, WRITE)
    delete_edge(operator_caller(request), public_id=edge_id)
    messages.success(request, "The edge is deleted, and the book says so.")
    return HttpResponseRedirect(reverse("graph-object", args=[object_id]))


def _some(request: HttpRequest) -> tuple[list[GraphObject], str]:
    """One page of objects behind a place, and the place of the next page."""
    rows = GraphObject.objects.select_related("type", "organization").order_by("public_id")
    wanted, place = _optional_id(request.GET.get("type", "")), _optional_id(request.GET.get("after", ""))
    if wanted is not None:
        rows = rows.filter(type__public_id=wanted)
    found = list((rows.filter(public_id__gt=place) if place else rows)[: PAGE + 1])
    return found[:PAGE], str(found[PAGE - 1].public_id) if len(found) > PAGE else ""


def _objects(request: HttpRequest, **context: Any) -> HttpResponse:
    return _page(
        request,
        "governance/graph_objects.html",
        title="Objects",
        types=list(ObjectType.objects.order_by("name")),
        organizations=list(Organization.objects.order_by("name")),
        asked_type=request.GET.get("type", ""),
        may_write=may(request, WRITE),
        is_searched=request.method == "POST" and "added" not in context,
        posted=request.POST,
        **context,
    )


def _object(request: HttpRequest, object_id: UUID, fault: GovernanceError | None) -> HttpResponse:
    caller = operator_caller(request)
    with reading_graph(caller, what="object") as reading:
        row = GraphObject.objects.select_related("type", "organization").filter(public_id=object_id).first()
        if row is None:
            raise Http404
        edges = list(
            edges_of(row)
            .select_related("edge_type", "source__type", "target__type")
            .prefetch_related("edge_type__attributes")
            .order_by("edge_type__name", "public_id")[: PAGE + 1]
        )
        shown = [_edge(edge, row) for edge in edges[:PAGE]]
        reading.returned = 1 + len(shown)
        context = {
            "one": shown_object(row),
            "created": row.created_at,
            "edges": shown,
            "more": len(edges) > PAGE,
            "edges_in_all": edges_of(row).count(),
            "new_edges": _new_edges(row),
        }
    return _page(
        request,
        "governance/graph_object.html",
        title="Object",
        may_write=may(request, WRITE),
        fault=_said(fault) if fault else "",
        posted=request.POST,
        **context,
    )


def _edge(edge: GraphEdge, here: GraphObject) -> dict[str, Any]:
    """One edge as it looks from one of its ends."""
    leaves = edge.source_id == here.pk
    return {
        "id": edge.public_id,
        "type": edge.edge_type.name,
        "leaves": leaves,
        "other": shown_object(edge.target if leaves else edge.source),
        "carries": [str(each) for each in edge.edge_type.attributes.all()],
    }


def _new_edges(row: GraphObject) -> list[tuple[str, str]]:
    """The edges that may begin or end here: what the form sends, and what it says."""
    types = EdgeType.objects.filter(Q(source_type=row.type) | Q(target_type=row.type)).select_related(
        "source_type", "target_type"
    )
    found = []
    for each in types.order_by("name"):
        if each.source_type_id == row.type_id:
            found.append((f"{_OUT}:{each.public_id}", f"{each.name} → {each.target_type.name}"))
        if each.target_type_id == row.type_id:
            found.append((f"{_IN}:{each.public_id}", f"{each.name} ← {each.source_type.name}"))
    return found


def _add_edge(request: HttpRequest, object_id: UUID) -> None:
    """Create the edge that the form describes."""
    caller = operator_caller(request)
    direction, _, edge_type = request.POST.get("edge", "").partition(":")
    other = object_meant(caller.environment_id, request.POST.get("other", ""), field="other").public_id
    source, target = (object_id, other) if direction == _OUT else (other, object_id)
    create_edge(caller, edge_type_id=_id(edge_type, field="edge_type_id"), source_id=source, target_id=target)


def _id(text: str, *, field: str) -> UUID:
    found = _optional_id(text)
    if found is None:
        raise Invalid("Choose a type.", field=field, remedy="Where there is none, define one first.")
    return found


def _optional_id(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


def _said(fault: GovernanceError) -> str:
    return f"{fault} {fault.remedy or ''}".strip()


def _page(request: HttpRequest, template: str, **context: Any) -> HttpResponse:
    return render(request, template, {**admin.site.each_context(request), **context})
