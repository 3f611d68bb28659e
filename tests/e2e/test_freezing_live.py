"""An officer freezes a purpose in the console, and a client that is reading over HTTP stops at its very next read."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.e2e.conftest import Visitor
from tests.e2e.helpdesk_windows import look, seat

if TYPE_CHECKING:
    from governance.models import Account
    from tests.api.calling import Scene

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@dataclass
class RunningClient:
    """A service that reads one record over and over, each time on a connection of its own."""

    address: str
    token: str
    body: dict[str, Any]
    reads: list[tuple[float, int, dict[str, Any]]] = field(default_factory=list)
    """When each read began, the status of its answer, and what the answer said."""
    is_over: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        while not self.is_over.wait(0.05):  # it shares a processor with the server
            began = time.monotonic()
            self.reads.append((began, *self._read()))

    def _read(self) -> tuple[int, dict[str, Any]]:
        headers = {"Authorization": f"Bearer {self.token}"}
        answer = httpx.post(f"{self.address}/userstore/api/accessors", json=self.body, headers=headers, timeout=30)
        return answer.status_code, answer.json()

    def wait_for_reads(self, number: int) -> None:
        """Wait until so many more reads have been answered."""
        wanted, until = len(self.reads) + number, time.monotonic() + 30
        while len(self.reads) < wanted and time.monotonic() < until:
            time.sleep(0.01)


def officer_of(scene: Scene) -> Account:
    from governance.actions.accounts import define_operator
    from governance.actions.rights import give_rights
    from governance.identities import system_caller
    from tests.console.people import PASSWORD, SYSTEM

    officer = define_operator(SYSTEM, username="officer", password=PASSWORD)
    give_rights(
        system_caller(scene.environment.id), holder=officer, operations=("configure", "audit"), on=scene.environment
    )
    return officer


def test_a_running_client_stops_at_the_next_read_once_an_officer_has_frozen_the_purpose(
    visit: Callable[..., Visitor], transactional_db: None
) -> None:
    from tests.api.calling import NUMBER, new_scene

    scene = new_scene()
    assert scene.write(scene.line).status_code == 200
    officer = seat(visit, officer_of(scene))
    client = RunningClient(officer.address, str(scene.line.token), scene.read_body())
    thread = threading.Thread(target=client.run, daemon=True)
    thread.start()
    try:
        client.wait_for_reads(3)
        page = officer.open("/admin/freeze/")
        page.click("section[aria-labelledby=kind-purpose] a:has-text('operational')")
        page.fill("[name=reason]", "Numbers have turned up where they should not be.")
        look(officer, "freeze-purpose")
        page.click("button:has-text('Freeze')")
        page.wait_for_selector("text=The purpose is frozen from the next check on")
        said = time.monotonic()
        client.wait_for_reads(3)
        page.click("a:has-text('operational')")
        page.click("button:has-text('Lift')")
        page.wait_for_selector("text=The freeze is lifted from the next check on")
        lifted = time.monotonic()
        client.wait_for_reads(2)
    finally:
        client.is_over.set()
        thread.join(30)

    before = [status for _, status, _ in client.reads].index(403)
    assert before >= 3
    assert all(NUMBER in json.dumps(answer) for _, _, answer in client.reads[:before])
    stopped = [(status, answer) for began, status, answer in client.reads[before:] if began < lifted and status == 403]
    after = [status for began, status, _ in client.reads if said < began < lifted]
    assert len(after) >= 3
    assert set(after[:3]) == {403}
    assert {tuple(answer["reasons"]) for _, answer in stopped} == {("freeze: purpose operational",)}
    assert client.reads[-1][1] == 200

    decision = stopped[0][1]["decision_id"]
    officer.open(f"/access/decisions/{decision}/").wait_for_selector("text=Access was stopped on purpose.")
