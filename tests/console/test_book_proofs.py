"""An entry in the console says where it is in the tree, and whether it still is what was sealed."""

from __future__ import annotations

import pytest
from django.test import Client as Browser
from django.utils import timezone

from audit.queries import EntryView
from audit.verify.notes import read_checkpoint
from audit.verify.proving import read_proof
from audit.verify.tree import check_inclusion, leaf_hash
from governance.actions.purposes import define_purpose
from governance.identities import system_caller
from tests.audit.connections import AddressOf, run
from tests.audit.sealing import LOG_KEY, sealing, tampered
from tests.console.people import Console


@pytest.fixture
def entry(console: Console) -> EntryView:
    define_purpose(system_caller(console.environment.id), name="fraud")
    return console.booked("purpose.defined")[0]


def sealed(role_url: AddressOf, entry: EntryView) -> None:
    """Seal until an entry has its place: transactions of other databases of the cluster may hold it back."""
    place = "select index from audit_leaf where entry_id = %s"
    with sealing(role_url) as sealer:
        while not run(role_url("auditor"), place, [entry.id]):
            sealer.turn(now=timezone.now())


def test_an_entry_is_shown_with_its_place_and_its_proof_holds(
    console: Console, as_officer: Browser, entry: EntryView, role_url: AddressOf
) -> None:
    page = f"/admin/book/{entry.id}/"
    assert "no place in the book" in as_officer.get(page).content.decode()
    assert "Nobody has sealed the book yet" in as_officer.get("/admin/book/").content.decode()
    assert as_officer.get(f"{page}proof").status_code == 404
    sealed(role_url, entry)

    shown = as_officer.get(page).content.decode()
    body, proof = (as_officer.get(f"{page}proof{query}") for query in ("?body", ""))
    found = read_proof(proof.content.decode())
    told = read_checkpoint(found.note)

    assert "entries are sealed" in as_officer.get("/admin/book/").content.decode()
    assert "This is what was sealed" in shown and "No witness has cosigned" in shown
    found.note.signed_by(LOG_KEY.verifier)
    leaf = leaf_hash(body.content)
    check_inclusion(leaf=leaf, index=found.index, size=told.size, root=told.root, proof=found.hashes)
    assert "attachment" in proof["Content-Disposition"] and "attachment" in body["Content-Disposition"]
    assert len(console.booked("audit.read")) == 7


def test_an_entry_that_was_changed_is_not_shown_as_what_was_sealed(
    as_officer: Browser, entry: EntryView, role_url: AddressOf
) -> None:
    sealed(role_url, entry)
    tampered(role_url, "audit_entry", "update audit_entry set body = replace(body, 'fraud', 'frand')")
    shown = as_officer.get(f"/admin/book/{entry.id}/").content.decode()
    assert "This is not what was sealed" in shown and "This is what was sealed" not in shown


def test_whoever_may_not_read_the_book_gets_no_proof(
    as_support: Browser, console: Console, entry: EntryView, role_url: AddressOf
) -> None:
    sealed(role_url, entry)
    assert as_support.get(f"/admin/book/{entry.id}/proof").status_code == 403
    assert console.browser(None).get(f"/admin/book/{entry.id}/proof").status_code == 302
