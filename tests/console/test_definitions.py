from __future__ import annotations

import pytest
from tests.console.people import Console
from django.test import Client as Browser
from governance.models import Purpose
from keyring.walls import in_environment


def test_an_officer_defines_a_purpose_and_the_book_says_who(console: Console, as_officer: Browser) -> None:
    answer = as_officer.post(
        "/admin/governance/purpose/add/", {"name": "fraud", "description": "Finding fraud.", "legal_basis": "consent"}
    )
    assert answer.status_code == 302, answer.content.decode()
    entry = console.booked("purpose.defined")[0]
    assert (entry.actor.kind, entry.actor.id, entry.facts["name"]) == ("operator", console.officer.id, "fraud")
    with in_environment(console.environment.id):
        assert Purpose.objects.filter(name="fraud").exists()


LISTS = [
    "governance/environment", "governance/client", "governance/right", "governance/groupright", "governance/purpose",
    "governance/accesspolicy", "governance/policytemplate", "governance/freeze",
    "userstore/column", "userstore/accessor", "userstore/mutator", "userstore/transformer",
]


@pytest.mark.parametrize("page", LISTS)
def test_every_list_opens_for_an_officer_and_for_nobody_else(console: Console, as_officer: Browser, as_support: Browser, page: str) -> None:
    assert as_officer.get(f"/admin/{page}/").status_code == 200
    assert as_support.get(f"/admin/{page}/").status_code == 403
    assert console.booked("call.refused", "refused")[0].actor.id == console.support.id
    answer = console.browser(None).get(f"/admin/{page}/")
    assert answer.status_code == 302 and answer["Location"].startswith("/admin/login/")
