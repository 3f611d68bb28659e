"""The rows of environments, clients, rights and freezes in the isolation matrix."""

from __future__ import annotations

from uuid import uuid4

from tests.api.detection_rows import detection_rows
from tests.api.rows import Row


def governance_rows() -> list[Row]:
    """Clients, rights and freezes of the environment, and what makes no sense."""
    return [
        Row("GET", "governance/environment", abroad=200),
        Row("PUT", "governance/environment", {"description": "told"}, abroad=200),
        Row("GET", "governance/clients", abroad=200),
        Row("POST", "governance/clients", {"name": ""}, service=400, abroad=400),
        Row("GET", "governance/clients/<uuid:client_id>"),
        Row("PUT", "governance/clients/<uuid:client_id>", {"description": "told"}),
        Row("POST", "governance/clients/<uuid:client_id>/secrets", {}, service=201),
        Row("DELETE", "governance/clients/<uuid:client_id>/secrets/<int:secret_id>", service=404),
        Row("GET", "governance/rights", abroad=200),
        Row("POST", "governance/rights", {"holder": {"kind": "nobody"}}, service=400, abroad=400),
        Row("DELETE", "governance/rights/<slug:holder_kind>-right-<int:number>", service=204),
        Row("GET", "governance/rights/unused", abroad=200),
        Row("GET", "governance/rights-review-plan", service=404),
        Row("PUT", "governance/rights-review-plan", {"owner": {"kind": "nobody"}}, service=400, abroad=400),
        Row("DELETE", "governance/rights-review-plan/<uuid:plan_id>", service=404),
        Row("GET", "governance/rights-reviews", abroad=200),
        Row("GET", "governance/rights-reviews/<uuid:review_id>", service=404),
        Row("GET", "governance/reserved-operations", abroad=200),
        Row("POST", "governance/reserved-operations", {"resource": {"kind": "weather"}}, service=400, abroad=400),
        Row("DELETE", "governance/reserved-operations/<uuid:reserved_id>", service=404),
        *detection_rows(),
        Row("GET", "governance/freezes", abroad=200),
        Row("POST", "governance/freezes", {"kind": "weather", "target_id": str(uuid4())}, service=400, abroad=400),
        Row("POST", "governance/freezes/preview", {"kind": "client", "target_id": str(uuid4())}, abroad=200),
        Row("DELETE", "governance/freezes/<uuid:freeze_id>", service=204),
    ]
