"""Retention and legal holds in the console: what an officer sees, tries, sets and takes back."""

from __future__ import annotations

import pytest
from django.test import Client as Browser
from django.utils import timezone

from governance.identities import system_caller
from governance.models import Purpose
from keyring.walls import in_environment
from tests import cast
from tests.console.people import Console
from userstore.actions.columns import ColumnSpec, define_column
from userstore.actions.mutators import InputSpec, MutatorSpec, publish_mutator
from userstore.actions.subjects import create_subject
from userstore.models import LegalHold, RetentionChange, RetentionDuration
from userstore.tasks import apply_changed_retention
from userstore.writing.calls import MutatorCall
from userstore.writing.execute import execute_mutator

ADDRESSES = (
    "/admin/retention/",
    "/admin/userstore/retentionduration/",
    "/admin/userstore/retentionduration/add/",
    "/admin/userstore/retentionchange/",
    "/admin/userstore/legalhold/",
    "/admin/userstore/legalhold/add/",
)
MARK = "+49 151 5550199"


@pytest.fixture
def purpose(console: Console) -> Purpose:
    """A purpose for which one number of one person is kept."""
    environment, system = console.environment, system_caller(console.environment.id)
    service = cast.new_caller(environment, "service", write=True)
    found = cast.new_purpose(environment, "marketing")
    column = define_column(system, spec=ColumnSpec("phone", "phonenumber", pii_category="contact", sensitivity=3))
    spec = MutatorSpec(
        "SetPhone", "{id} = ?", (InputSpec(column.public_id),), cast.internal_only(environment),
        fixed_purposes=(found.public_id,),
    )  # fmt: skip
    mutator, subject = publish_mutator(system, spec=spec), create_subject(service).public_id
    from userstore.reading.calls import CallContext

    call = MutatorCall(
        service, mutator.public_id, [str(subject)], {"phone": {"value": MARK}}, CallContext(address=cast.INSIDE)
    )
    execute_mutator(call, now=timezone.now())
    return found


def test_an_officer_tries_a_change_makes_it_and_takes_it_back(
    console: Console, as_officer: Browser, purpose: Purpose
) -> None:
    wish = {"state": "live", "purpose": str(purpose.public_id), "column": "", "amount": "30", "unit": "day"}
    tried = as_officer.get("/admin/retention/", wish).content.decode()
    assert "1 value would end sooner (users: 1)" in tried
    assert MARK not in tried
    assert "ten years" in as_officer.get("/admin/retention/", {**wish, "amount": "99999"}).content.decode()
    assert as_officer.post("/admin/retention/", wish).status_code == 302
    assert apply_changed_retention() == 1
    assert "30 days" in as_officer.get("/admin/retention/").content.decode()
    assert "done" in as_officer.get("/admin/userstore/retentionchange/").content.decode()
    with in_environment(console.environment.id):
        row = RetentionDuration.objects.get()
        assert RetentionChange.objects.get().values_changed == 1
    address = f"/admin/userstore/retentionduration/{row.pk}"
    changed = {"state": "0", "purpose": purpose.pk, "column": "", "amount": "2", "unit": "year"}
    assert as_officer.post(f"{address}/change/", changed).status_code == 302
    assert as_officer.post(f"{address}/delete/", {"post": "yes"}).status_code == 302
    assert [len(console.booked(kind)) for kind in ("retention.set", "retention.withdrawn")] == [2, 1]


def test_an_officer_places_a_hold_with_a_sealed_reason_and_releases_it(
    console: Console, as_officer: Browser, purpose: Purpose
) -> None:
    asked = {"purpose": purpose.pk, "user": "", "column": "", "ends_at_0": "", "ends_at_1": "", "reason": "Case 4711"}
    assert as_officer.post("/admin/userstore/legalhold/add/", {**asked, "purpose": ""}).status_code == 200
    assert as_officer.post("/admin/userstore/legalhold/add/", asked).status_code == 302
    with in_environment(console.environment.id):
        hold = LegalHold.objects.get()
        assert b"4711" not in bytes(LegalHold.objects.values_list("reason", flat=True).get())
    address = f"/admin/userstore/legalhold/{hold.pk}"
    assert "Case 4711" in as_officer.get(f"{address}/change/").content.decode()
    assert "in force" in as_officer.get("/admin/userstore/legalhold/").content.decode()
    assert as_officer.post(f"{address}/delete/", {"post": "yes"}).status_code == 302
    assert "released" in as_officer.get("/admin/userstore/legalhold/").content.decode()
    assert "4711" not in str([entry.facts for entry in console.booked("hold.set")])
    assert len(console.booked("hold.released")) == 1


def test_who_may_not_configure_sees_none_of_it(as_officer: Browser, as_support: Browser) -> None:
    assert [as_officer.get(address).status_code for address in ADDRESSES] == [200] * len(ADDRESSES)
    assert [as_support.get(address).status_code for address in ADDRESSES] == [403] * len(ADDRESSES)
