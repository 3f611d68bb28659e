"""What is published is looked at and withdrawn in the console; nobody else gets there."""

from __future__ import annotations

import pytest
from django.test import Client as Browser

from dataflow.actions.hub import publish_to_hub
from dataflow.models import HubItem
from governance.identities import system_caller
from tests.console.people import Console
from tests.console.test_definitions import facts_of, send, stored
from tests.dataflow.published import FILES

PAGE = "/admin/dataflow/hubitem/"


def test_an_officer_sees_what_it_offers_and_withdraws_it(console: Console, as_officer: Browser) -> None:
    assert "Nothing is published." in as_officer.get(PAGE).content.decode()
    publish_to_hub(system_caller(console.environment.id), files=FILES)
    item = stored(console, HubItem, name="mask-ssn-pkg")
    listed = as_officer.get(PAGE).content.decode()
    assert "example/mask-ssn-pkg@0.1.0" in listed
    shown = as_officer.get(f"{PAGE}{item.pk}/change/").content.decode()
    for told in (item.digest, "map mask-ssn(text: string) -&gt; string  python, 4 cases, removes ssn", "def mask_ssn"):
        assert told in shown
    assert as_officer.get(f"{PAGE}add/").status_code == 403
    send(as_officer, f"dataflow/hubitem/{item.pk}/delete/", {"post": "yes"})
    assert facts_of(console, "hub.withdrawn")["name"] == "example/mask-ssn-pkg@0.1.0"
    assert stored(console, HubItem, name="mask-ssn-pkg").withdrawn_at is not None
    assert "It was withdrawn on" in as_officer.get(f"{PAGE}{item.pk}/change/").content.decode()


@pytest.mark.parametrize("page", ["", "add/", "{item}/change/", "{item}/delete/"])
def test_nobody_else_sees_it(console: Console, as_support: Browser, page: str) -> None:
    item = publish_to_hub(system_caller(console.environment.id), files=FILES, is_public=True)
    address = PAGE + page.format(item=item.pk)
    assert as_support.get(address).status_code == 403
    assert as_support.post(address, {"post": "yes"}).status_code == 403
    assert stored(console, HubItem, name="mask-ssn-pkg").withdrawn_at is None
