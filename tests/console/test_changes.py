"""The pages of changes: what waits, what it does, and the second person's buttons."""

from __future__ import annotations

import re

import pytest
from django.test import Client as Browser

from governance.actions.accounts import define_operator
from governance.actions.clients import secret_is_good
from governance.actions.environments import change_environment
from governance.identities import system_caller
from governance.models import Account, Environment, PolicyTemplate, ProtectedChange, Purpose
from keyring.walls import in_environment
from tests import cast
from tests.console.people import PASSWORD, SYSTEM, Console
from tests.console.test_definitions import is_gone
from userstore.actions.columns import ColumnSpec, define_column
from userstore.models import Column

CHANGES = "/admin/changes/"


@pytest.fixture
def colleague(console: Console) -> Browser:
    """A second officer, in an environment that is protected now."""
    account = define_operator(SYSTEM, username="colleague", password=PASSWORD, groups=["Privacy officers"])
    change_environment(system_caller(console.environment.id), description="", is_protected=True)
    return console.proven(account)


def proposed(console: Console, browser: Browser, name: str = "fraud") -> str:
    answer = browser.post("/admin/governance/purpose/add/", {"name": name, "legal_basis": "consent"})
    assert answer.status_code == 302 and answer["Location"].startswith(CHANGES)
    return str(answer["Location"])


def digest_on(page: str) -> str:
    found = re.search(r'name="digest" value="([0-9a-f]{32})"', page)
    assert found is not None
    return found[1]


def test_an_officer_proposes_and_a_colleague_approves(
    console: Console, as_officer: Browser, colleague: Browser
) -> None:
    assert "Nothing waits" in colleague.get(CHANGES).content.decode()
    page = proposed(console, as_officer)
    own = as_officer.get(page).content.decode()
    assert "Withdraw" in own and "Approve and apply" not in own
    author = console.proven(console.officer)
    assert author.post(page, {"decision": "approve", "digest": digest_on(own)}).status_code == 403
    assert is_gone(console, Purpose, name="fraud")
    assert page in colleague.get(CHANGES).content.decode()
    shown = colleague.get(page).content.decode()
    assert "purpose fraud" in shown and "define purpose" in shown and "officer" in shown
    stolen = console.browser(Account.objects.get(username="colleague"))
    led = stolen.post(page, {"decision": "approve", "digest": digest_on(shown)})
    assert led["Location"].startswith("/second-factor/confirm/") and is_gone(console, Purpose, name="fraud")
    told = colleague.post(page, {"decision": "approve", "digest": digest_on(shown)}, follow=True).content.decode()
    assert "approved and applied" in told and "applied by colleague" in told
    entry = console.booked("purpose.defined")[0]
    assert entry.actor.id == console.officer.id and "approved: by operator" in str(entry.facts["reasons"])
    again = colleague.post(page, {"decision": "reject"}, follow=True).content.decode()
    assert "The change is applied already." in again


def test_a_change_is_rejected_or_withdrawn_and_a_stale_one_is_told(
    console: Console, as_officer: Browser, colleague: Browser
) -> None:
    one, two, three = (proposed(console, as_officer, name) for name in ("one", "two", "three"))
    assert "rejected, and the book" in colleague.post(one, {"decision": "reject"}, follow=True).content.decode()
    assert "withdrawn, and the book" in as_officer.post(two, {"decision": "withdraw"}, follow=True).content.decode()
    digest = digest_on(colleague.get(three).content.decode())
    cast.new_purpose(console.environment, "three")
    told = colleague.post(three, {"decision": "approve", "digest": digest}, follow=True).content.decode()
    assert "Nothing was applied" in told
    with in_environment(console.environment.id):
        states = set(ProtectedChange.objects.values_list("state", flat=True))
    assert states == {"rejected", "withdrawn", "stale"}


def test_columns_that_are_classified_together_wait_as_one_change(
    console: Console, as_officer: Browser, colleague: Browser
) -> None:
    system = system_caller(console.environment.id)
    made = [define_column(system, spec=ColumnSpec(name, "string")) for name in ("w1", "w2")]
    chosen = {"action": "classify", "_selected_action": [column.pk for column in made]}
    page = "/admin/userstore/column/"
    assert "a second person approves" in as_officer.post(page, chosen).content.decode()
    tag = {"classified": "yes", "pii_category": "health", "sensitivity": "4"}
    waiting = as_officer.post(page, chosen | tag)["Location"]
    assert not console.booked("column.changed")
    shown = colleague.get(waiting).content.decode()
    assert "classify columns" in shown and "w1" in shown and "w2" in shown
    colleague.post(waiting, {"decision": "approve", "digest": digest_on(shown)})
    with in_environment(console.environment.id):
        tagged = Column.objects.filter(name__in=["w1", "w2"]).values_list("pii_category", "sensitivity")
        assert list(tagged) == [("health", 4)] * 2
    assert len(console.booked("column.changed")) == 2


def test_whoever_may_not_configure_sees_no_change(
    console: Console, as_officer: Browser, as_support: Browser, colleague: Browser
) -> None:
    page = proposed(console, as_officer)
    for address in (CHANGES, page):
        assert as_support.get(address).status_code == 403
        assert Browser().get(address).status_code == 302
    assert as_support.post(page, {"decision": "reject"}).status_code == 403
    assert Browser().post(page, {"decision": "reject"}).status_code == 302
    assert colleague.get(page).status_code == 200


def test_who_approves_a_secret_never_sees_it(console: Console, as_officer: Browser, colleague: Browser) -> None:
    player = cast.new_player(console.environment, "billing")
    answer = as_officer.post(f"/admin/governance/client/{player.client.pk}/new_secret/")
    shown = answer.content.decode()
    found = re.search(r'class="page-secret">(sbs_[A-Za-z0-9_-]+)<', shown)
    assert found is not None and "good once a second person" in shown
    with in_environment(console.environment.id):
        change = ProtectedChange.objects.get()
        assert not secret_is_good(client=player.client, text=found[1])
    page = f"{CHANGES}{change.pk}/"
    seen = colleague.get(page).content.decode()
    assert found[1] not in seen and f"client secret {found[1][:8]}" in seen
    colleague.post(page, {"decision": "approve", "digest": digest_on(seen)})
    with in_environment(console.environment.id):
        assert secret_is_good(client=player.client, text=found[1])


def test_long_texts_are_compared_line_by_line(console: Console, as_officer: Browser, colleague: Browser) -> None:
    script = "function policy(context, params) {\n  return true;\n}"
    answer = as_officer.post("/admin/governance/policytemplate/add/", {"name": "Rule", "function": script})
    assert answer.status_code == 302, answer.content
    shown = colleague.get(answer["Location"]).content.decode()
    assert "+     return true;" in shown or "+       return true;" in shown
    assert is_gone(console, PolicyTemplate, name="Rule")


def test_the_last_person_does_not_protect_an_environment_alone(console: Console, as_officer: Browser) -> None:
    page = f"/admin/governance/environment/{console.environment.pk}/change/"
    answer = as_officer.post(page, {"description": "", "is_protected": "on"})
    assert "one has to approve what another proposes" in answer.content.decode()
    assert not Environment.objects.get(pk=console.environment.pk).is_protected
