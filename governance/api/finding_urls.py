"""Addresses of what the analysis found."""

from __future__ import annotations

from django.urls import path

from governance.api.findings import (
    FindingBundle,
    FindingComments,
    FindingExpectations,
    FindingOwner,
    Findings,
    FindingVerdict,
    SingleExpectation,
    SingleFinding,
)

_FINDING = "audit/findings/<uuid:finding_id>"

urlpatterns = [
    path("audit/findings", Findings.as_view(), name="finding-list"),
    path(_FINDING, SingleFinding.as_view(), name="finding-single"),
    path(f"{_FINDING}/bundle", FindingBundle.as_view(), name="finding-bundle"),
    path(f"{_FINDING}/owner", FindingOwner.as_view(), name="finding-owner"),
    path(f"{_FINDING}/comments", FindingComments.as_view(), name="finding-comments"),
    path(f"{_FINDING}/verdict", FindingVerdict.as_view(), name="finding-verdict"),
    path(f"{_FINDING}/expectations", FindingExpectations.as_view(), name="finding-expectations"),
    path("audit/expectations/<uuid:expectation_id>", SingleExpectation.as_view(), name="expectation"),
]
