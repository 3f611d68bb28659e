"""Definitions are made, read, changed, listed and retired, and every answer on the way is one of the document's."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from tests.contracts.damage import written
from tests.contracts.described_api import FAMILIES, described_api

pytestmark = pytest.mark.django_db

VERSIONS = {
    "tokenizer/policies/access": "?policy_version=all",
    "tokenizer/policies/accesstemplate": "?template_version=all",
}


def test_a_definition_lives_from_the_first_call_to_the_last_as_the_document_says() -> None:
    with described_api() as api:
        for route, (wrapper, kept) in FAMILIES.items():
            several, single = (api.operation(method, f"/{route}") for method in ("GET", "POST"))
            stored = api.ask(api.operation("GET", f"/{route}/{{id}}"), f"/{route}/{api.home.ids[kept]}").json
            named = "type_name" if "type_name" in stored else "name"
            wanted = {**stored, "id": str(uuid4()), named: f"Fresh{wrapper}"}
            made = api.ask(single, f"/{route}", body=written({wrapper: wanted}))
            assert (made.status_code, UUID(made.json["id"])) == (201, UUID(wanted["id"])), made.data
            again = api.ask(single, f"/{route}", body=written({wrapper: {**wanted, "id": None}}))
            assert again.status_code in {200, 409}, again.data
            path = f"/{route}/{wanted['id']}"
            update = api.operation("PUT", f"/{route}/{{id}}")
            changed = api.ask(update, path, body=written({wrapper: made.json}))
            assert changed.status_code == 200, changed.data
            shown = api.ask(api.operation("GET", f"/{route}/{{id}}"), path)
            assert shown.json == changed.json
            assert wanted["id"] in {one["id"] for one in api.ask(several, f"/{route}").json["data"]}
            retire = api.operation("DELETE", f"/{route}/{{id}}")
            assert api.ask(retire, path + VERSIONS.get(route, "")).status_code == 204
            for gone in ("GET", "PUT", "DELETE"):
                body = written({wrapper: made.json}) if gone == "PUT" else None
                operation = api.operation(gone, f"/{route}/{{id}}")
                assert api.ask(operation, path + VERSIONS.get(route, ""), body=body).status_code == 404
        assert api.faults == {}
