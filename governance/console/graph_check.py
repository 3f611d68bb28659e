"""Asking the graph: does an object have an attribute on another, and along which path?"""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from governance.actions.graph_reading import check, list_attributes, reading_graph
from governance.console.graph import READ
from governance.errors import GovernanceError, Refused
from governance.graph.checking import Step
from governance.identities import Caller
from governance.models import EdgeAttribute, GraphEdge
from governance.operators.choice import operator_caller
from governance.operators.objects import object_meant, shown_object, shown_objects
from governance.operators.permission import require


@never_cache
@require_http_methods(["GET", "POST"])
def graph_check(request: HttpRequest) -> HttpResponse:
    """Show the form; on POST the answer, with its path or with every attribute there is."""
    require(request, READ)
    context: dict[str, Any] = {"answer": None, "fault": ""}
    if request.method == "POST":
        try:
            context["answer"] = _answer(request)
        except Refused:
            raise
        except GovernanceError as fault:
            context |= {"fault": f"{fault} {fault.remedy or ''}".strip(), "fault_at": fault.field}
    attributes = EdgeAttribute.objects.order_by("name").values_list("name", flat=True).distinct()
    return render(
        request,
        "governance/graph_check.html",
        {
            **admin.site.each_context(request),
            "title": "Check an attribute",
            "attributes": list(attributes),
            "posted": request.POST,
            **context,
        },
    )


def _answer(request: HttpRequest) -> dict[str, Any]:
    caller, attribute = operator_caller(request), request.POST.get("attribute", "")
    with reading_graph(caller, what="objects") as reading:
        source = object_meant(caller.environment_id, request.POST.get("source", ""), field="source")
        target = object_meant(caller.environment_id, request.POST.get("target", ""), field="target")
        reading.returned = 2
        asked = {"source": shown_object(source), "target": shown_object(target), "attribute": attribute}
    if not attribute:
        had, decision = list_attributes(caller, source=source.public_id, target=target.public_id)
        return {**asked, "attributes": had, "decision": decision}
    found, decision = check(caller, source=source.public_id, target=target.public_id, attribute=attribute)
    return {**asked, "allowed": found.has_attribute, "path": _path(found.path, caller), "decision": decision}


def _path(steps: tuple[Step, ...], caller: Caller) -> list[dict[str, Any]]:
    """Each object on the way with the edge that leads to it, by their names."""
    if not steps:
        return []
    with reading_graph(caller, what="path") as reading:
        objects = shown_objects(step.object_id for step in steps)
        edges = GraphEdge.objects.filter(public_id__in=[step.edge_id for step in steps if step.edge_id])
        kinds = {
            edge.public_id: edge.edge_type
            for edge in edges.select_related("edge_type").prefetch_related("edge_type__attributes")
        }
        reading.returned = len(objects)
        return [
            {
                "object": objects[step.object_id],
                "edge": kinds[step.edge_id].name if step.edge_id else "",
                "carries": [str(each) for each in kinds[step.edge_id].attributes.all()] if step.edge_id else [],
            }
            for step in steps
        ]
