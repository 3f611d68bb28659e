"""What is begun and ended, written and tokenized agrees with the book; what is done behind its back does not."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from audit.reconciling import reconcile
from governance.actions.accounts import define_operator
from governance.actions.freezes import freeze, unfreeze
from governance.actions.purposes import define_purpose, retire_purpose
from governance.actions.tickets import close_ticket
from governance.identities import system_caller
from tests import cast
from tests.audit.connections import AddressOf, run
from tests.audit.sealing import tampered
from tests.beginnings import beginning
from userstore.actions.columns import ColumnSpec, define_column, retire_column
from userstore.actions.consents import change_consent
from userstore.actions.holds import place_hold, release_hold
from userstore.demo.helpdesk import TICKET, build_help_desk
from userstore.demo.phone import IDS, PhoneExample, build_phone_example
from userstore.reading.calls import AccessorCall, CallContext
from userstore.reading.execute import execute_accessor

pytestmark = pytest.mark.django_db(transaction=True)
HERE = CallContext(address="127.0.0.1")


def new_example() -> PhoneExample:
    define_operator(cast.NOBODY, username="support", password="a long enough passphrase")
    example = build_phone_example(cast.new_environment())
    build_help_desk(example, agent="support")
    return example


begun, example = beginning(new_example)


def a_busy_week(example: PhoneExample) -> None:
    """Begin two of everything and end one, withdraw consents, and have tokens made."""
    system, now = system_caller(example.environment.id), timezone.now()
    admin = example.clients["admin"].caller
    for number in (1, 2):
        purpose = define_purpose(system, name=f"extra_{number}", legal_basis="consent")
        column = define_column(system, spec=ColumnSpec(f"extra_{number}", "string")).public_id
        ends_at = now + timedelta(days=number)
        held = place_hold(system, subject_id=IDS["Ben Sample"], reason="A dispute.", ends_at=ends_at)
    retire_purpose(system, public_id=purpose.public_id)
    retire_purpose(system, public_id=cast.new_purpose(example.environment, "analytics").public_id)
    retire_column(system, public_id=column)
    release_hold(system, hold_id=held.public_id)
    freeze(system, kind="accessor", target_id=IDS["GetPhoneForMarketing"], reason="An incident.")
    frozen = freeze(system, kind="purpose", target_id=purpose_of(example, "marketing"), reason="An incident.")
    unfreeze(system, freeze_id=frozen.public_id)
    close_ticket(system, reference=TICKET)
    change_consent(admin, subject_id=IDS["Dana Fiction"], purpose="marketing", permitted=False)
    people = [[str(IDS["Ada Example"]), str(IDS["Emil Muster"])]]
    execute_accessor(AccessorCall(admin, IDS["GetPhoneTokensForIntegrity"], people, HERE), now=now)


def purpose_of(example: PhoneExample, name: str) -> object:
    return cast.new_purpose(example.environment, name).public_id


def differing(example: PhoneExample) -> Counter[tuple[str, str]]:
    found = reconcile(example.environment.id)
    return Counter((each.ledger, "entry" if each.is_row else "row") for each in found)


def test_a_busy_week_leaves_no_row_without_an_entry_and_no_entry_without_a_row(example: PhoneExample) -> None:
    a_busy_week(example)
    assert differing(example) == {}


def test_what_is_begun_ended_or_made_behind_the_books_back_is_named(example: PhoneExample, role_url: AddressOf) -> None:
    a_busy_week(example)
    owner = role_url("superuser")
    for statement in (
        "update governance_freeze set lifted_at = now() where lifted_at is null",
        "update governance_ticket set closed_at = null",
        "delete from governance_client where name = 'outsider'",
        "update governance_purpose set public_id = gen_random_uuid() where name = 'extra_1'",
        "update userstore_column set public_id = gen_random_uuid() where name = 'extra_1'",
        "update userstore_token set subject_id = (select id from userstore_subject order by id offset 2 limit 1)",
    ):
        run(owner, "set session_replication_role = replica; " + statement)
    released = "update userstore_legalhold set released_at = now() where released_at is null"
    tampered(role_url, "userstore_legalhold", released)
    tampered(
        role_url,
        "userstore_consentrecord",
        "update userstore_consentrecord set source = 'withdrawal', permitted = false where permitted "
        "and purpose_id in (select id from governance_purpose where name = 'marketing')",
    )
    assert differing(example) == {
        ("clients", "row"): 1,
        ("columns", "entry"): 1, ("columns", "row"): 1,
        ("consents withdrawn", "entry"): 3,
        ("freezes", "entry"): 1,
        ("holds", "entry"): 1,
        ("purposes", "entry"): 1, ("purposes", "row"): 1,
        ("tickets", "row"): 1,
        ("tokens", "entry"): 1,
    }  # fmt: skip
