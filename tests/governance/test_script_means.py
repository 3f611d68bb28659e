"""What scripts find beside their context, run in real helpers: secrets of their environment, notes for the book."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from audit.queries import entries
from governance.actions.policy_secrets import keep_secret, renew_secret, retire_secret
from governance.actions.script_hosts import allow_host
from governance.actions.script_notes import forget_notes, read_note
from governance.errors import Conflict, Invalid, NotFound, Refused
from governance.models import Environment, PolicySecret, ScriptNote
from governance.policies.facts import CallFacts
from governance.policies.hosting import offered
from governance.policies.sandbox import Script
from governance.policies.tree import ScriptNode, Trace
from keyring.walls import in_environment
from tests import cast
from tests.governance.remote import Remote, remote

pytestmark = pytest.mark.django_db
SECRET = "s3cret-of-the-tests"


@pytest.fixture(autouse=True)
def unhurried(settings: Any) -> None:
    settings.GOVERNANCE_SCRIPT_WALL_MILLISECONDS = 1_000


@pytest.fixture
def environment() -> Environment:
    return cast.new_environment()


@pytest.fixture
def server(settings: Any) -> Iterator[Remote]:
    settings.GOVERNANCE_SCRIPTS_MAY_CALL_LOOPBACK = True
    with remote() as told:
        yield told


@pytest.mark.parametrize(
    ("number", "country"),
    [
        ("+49 151 5550123", "Germany"),
        ("+1 202 555 0123", "United States"),
        ("+1 876 555 0123", "Jamaica"),
        ("+44 20 7946 0018", "United Kingdom"),
        ("+1 555 0100", ""),
        ("0151 5550123", ""),
        ("nothing", ""),
        ("", ""),
    ],
)
def test_a_script_learns_the_country_of_a_phone_number(environment: Environment, number: str, country: str) -> None:
    body = f"return getCountryNameForPhoneNumber({number!r}) === {country!r};"
    assert decided(environment, body) == (True, [])


@pytest.mark.parametrize("given", ["", "null", "49151", "'+49', '+1'", "'+' + '4'.repeat(64)"])
def test_what_is_no_phone_number_at_all_is_a_fault(environment: Environment, given: str) -> None:
    allowed, faults = decided(environment, f"getCountryNameForPhoneNumber({given}); return true;")
    assert (allowed, len(faults)) == (False, 1)


def decided(environment: Environment, body: str) -> tuple[bool, list[str]]:
    """Ask a policy with this body once, on behalf of a client; also gives its faults."""
    source = f"function policy(context, params) {{ {body} }}"
    script = Script(
        environment_id=environment.id,
        key=f"means/{body}",
        source=source,
        function="policy",
        host_calls=offered(source, "policy"),
    )
    caller = cast.new_caller(environment, f"asker-{timezone.now().timestamp()}")
    trace = Trace()
    facts = CallFacts(action="Execute", caller=caller, now=timezone.now())
    return ScriptNode("Means", script, {}).decide(facts, [None], trace)[0], trace.faults


def test_a_script_gets_a_secret_of_its_own_environment_and_of_no_other(environment: Environment) -> None:
    keep_secret(cast.system_caller(environment.id), name="api_key", value=SECRET)
    asks = f"return getSecret('API_key') === '{SECRET}'"
    assert decided(environment, asks) == (True, [])
    assert decided(cast.new_environment(), asks) == (False, ["Means: getSecret gave no answer"])
    assert decided(environment, "return getSecret('other') === ''")[0] is False


def test_a_renewed_secret_is_the_new_one_at_once_and_a_retired_one_is_destroyed(environment: Environment) -> None:
    system = cast.system_caller(environment.id)
    secret = keep_secret(system, name="api_key", value="former")
    renew_secret(system, public_id=secret.public_id, value=SECRET)
    assert decided(environment, f"return getSecret('api_key') === '{SECRET}'")[0]
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from keyring_wrappedkey where scope = 'policy secret'")
        assert cursor.fetchone() == (0,)  # outside the environment's wall there is nothing to see
    with in_environment(environment.id), connection.cursor() as cursor:
        cursor.execute("select id, encode(wrapped, 'escape') from keyring_wrappedkey where scope = 'policy secret'")
        ((kept, sealed),) = cursor.fetchall()
        assert kept == PolicySecret.objects.get().sealed_id and SECRET not in sealed
    retire_secret(system, public_id=secret.public_id)
    assert not decided(environment, "return getSecret('api_key') === ''")[0]
    with in_environment(environment.id), connection.cursor() as cursor:
        cursor.execute("select count(*) from keyring_wrappedkey where scope = 'policy secret'")
        assert cursor.fetchone() == (0,)


def test_secrets_are_kept_by_who_configures_and_by_nobody_else(environment: Environment) -> None:
    officer = cast.new_caller(environment, "officer", configure=True)
    outsider = cast.new_caller(environment, "outsider")
    secret = keep_secret(officer, name="api_key", value=SECRET)
    refused: list[Callable[[], object]] = [
        lambda: keep_secret(outsider, name="other", value=SECRET),
        lambda: renew_secret(outsider, public_id=secret.public_id, value="x"),
        lambda: retire_secret(outsider, public_id=secret.public_id),
    ]
    for call in refused:
        with pytest.raises(Refused):
            call()
    with pytest.raises(Conflict):
        keep_secret(officer, name="API_KEY", value=SECRET)
    for value in ("", "x" * 20_000):
        with pytest.raises(Invalid):
            keep_secret(officer, name="empty", value=value)


@pytest.mark.django_db(transaction=True)
def test_a_policy_asks_a_host_and_refuses_where_there_is_no_answer(environment: Environment, server: Remote) -> None:
    server.body = b'{"blocked": false}'
    asks = f"return JSON.parse(networkRequest({{ url: '{server.url}' }})).blocked === false"
    assert decided(environment, asks) == (False, ["Means: networkRequest gave no answer"])
    allow_host(cast.system_caller(environment.id), host="127.0.0.1", port=server.port)
    assert decided(environment, asks) == (True, [])
    server.status = 503
    caught = f"try {{ networkRequest({{ url: '{server.url}' }}) }} catch (e) {{ }} return true"
    assert decided(environment, caught)[0] is False


@pytest.mark.django_db(transaction=True)
def test_a_note_is_sealed_beside_the_book_and_read_on_record(environment: Environment) -> None:
    assert decided(environment, "auditLog('looked at ada@example.com'); return true") == (True, [])
    (entry,) = entries(environment_id=environment.id, kinds=["script.noted"], limit=5)
    assert "ada@" not in entry.text and list(entry.facts) == ["note"]
    with in_environment(environment.id):
        (note,) = ScriptNote.objects.all()
        assert "ada@" not in repr(vars(note))
    auditor = cast.new_caller(environment, "auditor", audit=True)
    assert read_note(auditor, note_id=note.id, now=timezone.now()) == "looked at ada@example.com"
    with pytest.raises(Refused):
        read_note(cast.new_caller(environment, "outsider"), note_id=note.id, now=timezone.now())
    outcomes = [e.outcome for e in entries(environment_id=environment.id, kinds=["script_note.read"], limit=5)]
    assert sorted(outcomes) == ["done", "refused"]
    assert forget_notes(now=timezone.now()) == 0
    assert forget_notes(now=timezone.now() + timedelta(days=31)) == 1
    with pytest.raises(NotFound):
        read_note(auditor, note_id=note.id, now=timezone.now())


@pytest.mark.parametrize("given", ["", "''", "7", "'x'.repeat(5000)", "'a', 'b'"])
def test_a_note_is_a_text_of_bounded_length(environment: Environment, given: str) -> None:
    assert decided(environment, f"auditLog({given}); return true")[0] is False
