"""What the analysis found, for services: tickets are opened for it elsewhere, and what came of them comes back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audit.actions.findings import VERDICTS
from audit.analysis.ranking import Ranked, ranked_of
from audit.models import ExpectedWork, Finding
from audit.models.analysis import STATES
from governance.actions.findings import (
    comment_on_finding,
    decide_finding,
    end_expectation,
    expect_work,
    take_finding,
)
from governance.actions.reading_findings import FindingView, must_see_findings, read_finding, take_bundle, title_of
from governance.wire.definitions import caller_in
from governance.wire.fields import Fields
from governance.wire.keys import Keys, id_key, moment_key, text_key
from governance.wire.paging import asked_page, cut
from governance.wire.parameters import list_parameters
from governance.wire.problems import PROBLEMS
from governance.wire.shapes import ANY, FLAG, ID, MOMENT, NUMBER, TEXT, array, choice, or_null, page_shape, shape
from keyring.walls import in_environment

_TAGS = ["audit"]
_NOTHING: dict[Any, Any] = {204: OpenApiResponse(description="Done."), **PROBLEMS}
_DECIMAL = {"type": "number"}
_PARTS: dict[str, Any] = {
    "id": ID,
    "state": choice(*STATES),
    "detection": TEXT,
    "title": TEXT,
    "severity": choice("info", "low", "medium", "high", "critical"),
    "actor": {**TEXT, "description": "Id of whom it is about; empty where it is about nobody in particular."},
    "subject": {**TEXT, "description": "Handle of the person it is about, if it is about one."},
    "urgency": {**_DECIMAL, "description": "In nats: its own evidence and half of what else there is."},
    "is_waiting": {**FLAG, "description": "Not worth a reviewer's time until other evidence joins it."},
    "owner": or_null({**ID, "description": "Who looks into it."}),
    "opened_at": MOMENT,
    "decided_at": or_null(MOMENT),
}
_EVIDENCE = shape(index=NUMBER, entry=ID, is_kept=FLAG)
_COMMENT = shape(author=ID, written_at=MOMENT, text=TEXT)
_EXPECTED = shape(id=ID, owner=ID, until=MOMENT)
_FINDING = shape(**_PARTS)
_WHOLE = shape(**_PARTS, why=ANY, evidence=array(_EVIDENCE), comments=array(_COMMENT), expected=array(_EXPECTED))
_KEYS: Keys = {
    "id": id_key("id"),
    "opened": moment_key("opened_at"),
    "state": text_key("state"),
}


class Findings(APIView):
    """List findings, on record; `filter=('state',EQ,'new')` gives those that nobody has looked into."""

    @extend_schema(operation_id="list_findings", tags=_TAGS, parameters=list_parameters(_KEYS),
                   responses={200: page_shape(_FINDING), **PROBLEMS})  # fmt: skip
    def get(self, request: Request) -> Response:
        caller, now = caller_in(request), timezone.now()
        asked = asked_page(request.query_params.dict(), _KEYS)
        must_see_findings(caller, door="api", now=now)
        with in_environment(caller.environment_id):
            rows, neighbours = cut(Finding.objects.all(), asked)
            ranked = {each.finding.id: each for each in ranked_of(rows, now=now)}
            return Response({"data": [_rendered(ranked[row.id]) for row in rows], **neighbours})


class SingleFinding(APIView):
    """One finding with the entries it rests on and what was written about it; reading it is on record."""

    @extend_schema(operation_id="read_finding", tags=_TAGS, responses={200: _WHOLE, **PROBLEMS})
    def get(self, request: Request, finding_id: UUID) -> Response:
        caller, now = caller_in(request), timezone.now()
        view = read_finding(caller, finding_id=finding_id, now=now)
        with in_environment(caller.environment_id):
            told = _whole(view, ranked_of([view.finding], now=now)[0])
        return Response(told, headers={"Cache-Control": "no-store"})


class FindingBundle(APIView):
    """The entries that a finding rests on with their proofs, as a ZIP file; taking it is on record."""

    @extend_schema(operation_id="take_finding_bundle", tags=_TAGS,
                   responses={(200, "application/zip"): OpenApiTypes.BINARY, **PROBLEMS})  # fmt: skip
    def get(self, request: Request, finding_id: UUID) -> HttpResponse:
        bundle = take_bundle(caller_in(request), finding_id=finding_id, now=timezone.now())
        headers = {
            "Content-Disposition": f'attachment; filename="finding-{finding_id}.zip"',
            "Cache-Control": "no-store",
        }
        return HttpResponse(bundle.content, content_type="application/zip", headers=headers)


class FindingOwner(APIView):
    """Look into a finding oneself."""

    @extend_schema(operation_id="take_finding", tags=_TAGS, request=None, responses=_NOTHING)
    def put(self, request: Request, finding_id: UUID) -> Response:
        take_finding(caller_in(request), finding_id=finding_id, now=timezone.now())
        return Response(status=204)


class FindingComments(APIView):
    """Write something about a finding, sealed."""

    @extend_schema(operation_id="comment_on_finding", tags=_TAGS,
                   request={"application/json": shape(comment=TEXT)}, responses=_NOTHING)  # fmt: skip
    def post(self, request: Request, finding_id: UUID) -> Response:
        comment = Fields(request.data).text("comment")
        comment_on_finding(caller_in(request), finding_id=finding_id, comment=comment, now=timezone.now())
        return Response(status=204)


class FindingVerdict(APIView):
    """Say what a finding was, and why."""

    @extend_schema(operation_id="decide_finding", tags=_TAGS,
                   request={"application/json": shape(verdict=choice(*VERDICTS), comment=TEXT)},
                   responses=_NOTHING)  # fmt: skip
    def put(self, request: Request, finding_id: UUID) -> Response:
        fields = Fields(request.data)
        decide_finding(
            caller_in(request),
            finding_id=finding_id,
            verdict=fields.text("verdict"),
            comment=fields.text("comment"),
            now=timezone.now(),
        )
        return Response(status=204)


class FindingExpectations(APIView):
    """Mark what a finding shows as expected for some days; the caller answers for it."""

    @extend_schema(operation_id="expect_work", tags=_TAGS,
                   request={"application/json": shape(days=NUMBER)},
                   responses={201: _EXPECTED, **PROBLEMS})  # fmt: skip
    def post(self, request: Request, finding_id: UUID) -> Response:
        days = Fields(request.data).number("days")
        expected = expect_work(caller_in(request), finding_id=finding_id, days=days, now=timezone.now())
        return Response(_expected(expected), status=201)


class SingleExpectation(APIView):
    """Expect it no longer."""

    @extend_schema(operation_id="end_expectation", tags=_TAGS, responses=_NOTHING)
    def delete(self, request: Request, expectation_id: UUID) -> Response:
        end_expectation(caller_in(request), expectation_id=expectation_id, now=timezone.now())
        return Response(status=204)


def _rendered(ranked: Ranked) -> dict[str, Any]:
    finding, alert = ranked.finding, ranked.alert
    return {
        "id": str(finding.id),
        "state": finding.state,
        "detection": alert.rule,
        "title": title_of(alert),
        "severity": alert.severity,
        "actor": alert.actor,
        "subject": alert.subject,
        "urgency": round(ranked.urgency, 3),
        "is_waiting": ranked.is_waiting,
        "owner": str(finding.owner) if finding.owner else None,
        "opened_at": finding.opened_at,
        "decided_at": finding.decided_at,
    }


def _whole(view: FindingView, ranked: Ranked) -> dict[str, Any]:
    return {
        **_rendered(ranked),
        "why": view.alert.why,
        "evidence": [
            {"index": index, "entry": str(entry_id), "is_kept": entry is not None}
            for index, entry_id, entry in view.evidence
        ],
        "comments": [
            {"author": str(each.author), "written_at": each.written_at, "text": text} for each, text in view.comments
        ],
        "expected": [_expected(each) for each in view.expected],
    }


def _expected(each: ExpectedWork) -> dict[str, Any]:
    return {"id": str(each.id), "owner": str(each.owner), "until": each.until}
