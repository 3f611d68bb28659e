"""The OpenAPI document describes every call of the API."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from django.core.management import call_command
from django.test import Client as Browser

pytestmark = pytest.mark.django_db


def test_the_document_generates_without_a_warning(tmp_path: Path) -> None:
    target = tmp_path / "schema.yml"
    call_command("spectacular", "--validate", "--fail-on-warn", file=str(target))
    paths = yaml.safe_load(target.read_text())["paths"]
    assert {"/userstore/api/accessors", "/tokenizer/tokens", "/authn/users/{subject_id}", "/governance/rights"} <= set(
        paths
    )
    operations = [one["operationId"] for path in paths.values() for one in path.values()]
    assert len(operations) == len(set(operations))


def test_the_document_and_its_page_are_served_here_without_foreign_hosts() -> None:
    assert Browser().get("/schema.json").json()["openapi"].startswith("3.")
    page = Browser().get("/docs").content.decode()
    assert "//cdn" not in page
    assert "/static/drf_spectacular_sidecar/" in page
