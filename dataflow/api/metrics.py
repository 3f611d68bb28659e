"""Figures of deployed flows as Prometheus reads them, of the caller's environment. Labels are names of flows alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from dataflow.deployments.figures import Figures
from dataflow.deployments.seeing import figured_deployments
from dataflow.models import Deployment
from governance.actions.seeing import must_see_definitions
from governance.wire.definitions import caller_in
from governance.wire.problems import PROBLEMS
from governance.wire.shapes import TEXT

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_METRICS = {
    "sealbook_flow_records_total": ("counter", "Records that a service has taken, by what became of them."),
    "sealbook_flow_waiting_entries": ("gauge", "Entries of a service's topics that are not done."),
    "sealbook_flow_dead_letters": ("gauge", "Dead letters of a flow that wait."),
    "sealbook_flow_workers_wanted": ("gauge", "Workers that are wanted; none where it is stopped."),
    "sealbook_flow_workers_alive": ("gauge", "Workers that say that they live."),
    "sealbook_flow_state": ("gauge", "1 for what became of a flow."),
}
_ESCAPED = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})

Sample = tuple[str, dict[str, str], float]


class Metrics(APIView):
    """Show the figures of all deployments, as text for Prometheus."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Nobody without any right in the environment learns what runs there."""
        super().initial(request, *args, **kwargs)
        must_see_definitions(caller_in(request))

    @extend_schema(
        operation_id="flow_metrics",
        tags=["dataflow"],
        description="Prometheus takes an access token by itself, with `oauth2` in its scrape configuration.",
        responses={(200, "text/plain"): TEXT, **PROBLEMS},
    )
    def get(self, request: Request) -> HttpResponse:
        found = figured_deployments(caller_in(request).environment_id)
        samples = [sample for row, figures in found for sample in _samples(row, figures)]
        return HttpResponse(exposed(samples), content_type=CONTENT_TYPE)


def exposed(samples: list[Sample]) -> str:
    """Return samples in Prometheus's text format: https://prometheus.io/docs/instrumenting/exposition_formats/."""
    lines: list[str] = []
    for name, (kind, says) in _METRICS.items():
        lines += [f"# HELP {name} {says}", f"# TYPE {name} {kind}"]
        for each, labels, value in samples:
            if each == name:
                told = ",".join(f'{label}="{text.translate(_ESCAPED)}"' for label, text in labels.items())
                lines.append(f"{name}{{{told}}} {value:g}" if value != int(value) else f"{name}{{{told}}} {int(value)}")
    return "\n".join(lines) + "\n"


def _samples(row: Deployment, figures: Figures | None) -> Iterator[Sample]:
    flow = {"flow": row.name}
    yield "sealbook_flow_workers_wanted", flow, row.workers if row.wanted == "running" else 0
    yield "sealbook_flow_state", flow | {"state": row.state}, 1
    if figures is None:  # Redis does not answer: no figure is better than a wrong one
        return
    yield "sealbook_flow_workers_alive", flow, figures.alive
    yield "sealbook_flow_dead_letters", flow, figures.dead_letters
    for each in figures.services:
        service = flow | {"service": each.name}
        yield "sealbook_flow_records_total", service | {"outcome": "succeeded"}, each.succeeded
        yield "sealbook_flow_records_total", service | {"outcome": "failed"}, each.failed
        if each.waiting is not None:
            yield "sealbook_flow_waiting_entries", service, each.waiting
