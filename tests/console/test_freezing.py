from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client as Browser
from django.utils import timezone

from governance.actions.environments import change_environment
from governance.actions.rights import give_right
from governance.errors import Refused
from governance.freezing import calls_that_would_stop
from governance.identities import system_caller
from governance.models import Freeze
from keyring.walls import in_environment
from tests import cast
from tests.console.people import Console
from userstore.actions.accessors import AccessorSpec, OutputSpec, publish_accessor
from userstore.actions.columns import ColumnSpec, define_column
from userstore.actions.mutators import InputSpec, MutatorSpec, publish_mutator
from userstore.actions.subjects import create_subject
from userstore.reading.calls import AccessorCall, CallContext
from userstore.reading.execute import execute_accessor
from userstore.writing.calls import MutatorCall
from userstore.writing.execute import execute_mutator

HERE = CallContext(address=cast.INSIDE)
MARK = "+49 151 5550199"
READS = 3


@dataclass
class Traffic:
    """One client that wrote a marked number once and read it three times."""

    player: cast.Player
    ids: dict[str, UUID]
    subject: str

    def read(self) -> list[dict[str, Any]]:
        call = AccessorCall(self.player.caller, self.ids["accessor"], [self.subject], HERE)
        return execute_accessor(call, now=timezone.now()).rows


@pytest.fixture
def traffic(console: Console) -> Traffic:
    environment, system = console.environment, system_caller(console.environment.id)
    player = cast.new_player(environment, "campaign-job", read=True, write=True)
    purpose = cast.new_purpose(environment, "marketing").public_id
    policy = cast.internal_only(environment)
    column = define_column(system, spec=ColumnSpec("phone", "phonenumber", pii_category="contact", sensitivity=3))
    mutator = publish_mutator(
        system,
        spec=MutatorSpec("SetPhone", "{id} = ?", (InputSpec(column.public_id),), policy, fixed_purposes=(purpose,)),
    )
    accessor = publish_accessor(
        system, spec=AccessorSpec("GetPhone", "{id} = ?", (OutputSpec(column.public_id),), (purpose,), policy)
    )
    subject = str(create_subject(player.caller).public_id)
    written = MutatorCall(player.caller, mutator.public_id, [subject], {"phone": {"value": MARK}}, HERE)
    execute_mutator(written, now=timezone.now())
    ids = {
        "environment": environment.id,
        "purpose": purpose,
        "column": column.public_id,
        "client": player.client.public_id,
        "accessor": accessor.public_id,
        "mutator": mutator.public_id,
    }
    made = Traffic(player, ids, subject)
    for _ in range(READS):
        assert len(made.read()) == 1
    return made


def test_the_preview_counts_what_each_freeze_would_have_stopped(console: Console, traffic: Traffic) -> None:
    expected = {
        "accessor": {"accessor.executed": READS},
        "mutator": {"mutator.executed": 1},
        "purpose": {"accessor.executed": READS, "mutator.executed": 1},
        "column": {"accessor.executed": READS, "mutator.executed": 1},
        "client": {"accessor.executed": READS, "mutator.executed": 1, "subject.created": 1},
        "environment": {"accessor.executed": READS, "mutator.executed": 1, "subject.created": 1},
    }
    for kind, calls in expected.items():
        found = calls_that_would_stop(
            environment_id=console.environment.id, kind=kind, target_id=traffic.ids[kind], now=timezone.now()
        )
        assert {stopped.kind: stopped.calls for stopped in found} == calls, kind
        assert {stopped.caller for stopped in found} == {"campaign-job"}
    later = timezone.now() + timedelta(hours=2)
    assert not calls_that_would_stop(
        environment_id=console.environment.id, kind="client", target_id=traffic.ids["client"], now=later
    )


@pytest.mark.parametrize("kind", ["environment", "purpose", "column", "client", "accessor"])
def test_a_freeze_acts_on_the_next_read_and_lifting_it_on_the_one_after(
    console: Console, traffic: Traffic, as_officer: Browser, kind: str
) -> None:
    page = f"/admin/freeze/{kind}/{traffic.ids[kind]}/"
    preview = as_officer.get(page).content.decode()
    assert "campaign-job" in preview and "GetPhone" in preview
    assert as_officer.post(page, {"reason": "Somebody leaked a list of numbers."}).status_code == 302
    with pytest.raises(Refused):
        traffic.read()
    entry = console.booked("freeze.set")[0]
    assert (entry.actor.id, entry.facts["kind"]) == (console.officer.id, kind) and "leaked" not in entry.text
    with in_environment(console.environment.id):
        freeze = Freeze.objects.get(lifted_at=None)
    lifting = as_officer.get(page)["Location"]
    assert lifting == f"/admin/unfreeze/{freeze.public_id}/"
    assert "Somebody leaked a list of numbers." in as_officer.get(lifting).content.decode()
    assert as_officer.get("/admin/governance/freeze/").status_code == 200
    assert as_officer.post(lifting).status_code == 302
    assert len(traffic.read()) == 1 and console.booked("freeze.lifted")[0].actor.id == console.officer.id


def test_a_protected_environment_is_frozen_without_waiting_for_a_second_person(
    console: Console, traffic: Traffic, as_officer: Browser
) -> None:
    change_environment(system_caller(console.environment.id), description="", is_protected=True)
    as_officer.post(f"/admin/freeze/accessor/{traffic.ids['accessor']}/")
    with pytest.raises(Refused):
        traffic.read()


def test_only_officers_freeze_and_only_what_is_there(
    console: Console, traffic: Traffic, as_officer: Browser, as_support: Browser
) -> None:
    page = f"/admin/freeze/accessor/{traffic.ids['accessor']}/"
    assert as_support.post(page).status_code == as_support.get(page).status_code == 403
    assert Browser().post(page).status_code == 302
    assert len(traffic.read()) == 1
    for nothing in (f"accessor/{traffic.ids['client']}", f"planet/{traffic.ids['client']}"):
        assert as_officer.get(f"/admin/freeze/{nothing}/").status_code == 404
    assert as_officer.get(f"/admin/userstore/accessor/{_pk(console)}/freeze/")["Location"] == page


def _pk(console: Console) -> int:
    from userstore.models import Accessor

    with in_environment(console.environment.id):
        return Accessor.objects.get(name="GetPhone").pk


def test_no_page_shows_a_value_of_anybody(console: Console, traffic: Traffic, as_officer: Browser) -> None:
    give_right(system_caller(console.environment.id), holder=console.officer, operation="read", on=console.environment)
    lists = [f"governance/{n}" for n in ("environment", "client", "right", "groupright", "purpose", "freeze")]
    lists += [f"governance/{n}" for n in ("accesspolicy", "policytemplate")]
    lists += [f"userstore/{n}" for n in ("column", "accessor", "mutator", "transformer")]
    pages = ["", "book/", "freeze/", f"freeze/client/{traffic.ids['client']}/"]
    pages += [f"book/{entry.id}/" for kind in ("accessor", "mutator") for entry in console.booked(f"{kind}.executed")]
    for page in lists:
        html = as_officer.get(f"/admin/{page}/").content.decode()
        rows = sorted(_links(html, page))
        few = 3 if page in ("governance/policytemplate", "userstore/transformer") else len(rows)  # most are built in
        pages += [f"{page}/", *(f"{page}/{pk}/change/" for pk in rows[:few])]
    assert len(pages) > 40
    for page in pages:
        answer = as_officer.get(f"/admin/{page}")
        assert answer.status_code in (200, 302), page
        html = answer.content.decode()
        assert not any(part in html for part in (MARK, MARK.replace(" ", ""), "5550199", traffic.player.secret)), page
    for name in ("userstore/value", "userstore/token", "userstore/subject", "governance/clientsecret"):
        assert as_officer.get(f"/admin/{name}/").status_code == 404


def _links(html: str, page: str) -> set[str]:
    import re

    return set(re.findall(rf"/admin/{page}/([\w-]+)/change/", html))
