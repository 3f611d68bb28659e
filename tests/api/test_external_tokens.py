"""Tokens of external issuers: whoever an officer admitted calls as a client, everybody else gets nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import jwt
import pytest
from pytest_django import Settings

from audit import queries
from governance.actions.clients import change_client
from governance.actions.issuers import admit_identity, end_identity, list_issuers
from governance.errors import Conflict, Invalid
from governance.identities import system_caller
from governance.issuers import audience_of
from governance.models import ExternalIdentity, ExternalIssuer
from governance.tokens.issuer_keys import forget_issuer_keys
from keyring.walls import in_environment
from tests import cast
from tests.api.calling import NUMBER, Line, Scene, body, line_of, new_scene, recorded
from tests.beginnings import beginning
from tests.governance.issuer_stage import Issuer, running_issuer

pytestmark = pytest.mark.django_db(transaction=True)


def scene_with_a_number() -> Scene:
    scene = new_scene()
    assert scene.write(scene.line).status_code == 200
    return scene


begun, scene = beginning(scene_with_a_number)


@pytest.fixture
def issuer(settings: Settings) -> Iterator[Issuer]:
    settings.GOVERNANCE_ISSUERS_MAY_BE_LOOPBACK = True
    forget_issuer_keys()
    with running_issuer() as issuer:
        issuer.new_key("first")
        yield issuer


@pytest.fixture
def admitted(scene: Scene, issuer: Issuer) -> ExternalIdentity:
    """Ada, whom the issuer names, calls as the scene's service."""
    system = system_caller(scene.environment.id)
    list_issuers(system, urls=[issuer.url])
    return admit_identity(system, issuer=issuer.url, client_id=scene.service.client.public_id, subject="lovelace")


def test_an_admitted_identity_reads_writes_and_resolves_as_its_client(
    scene: Scene, issuer: Issuer, admitted: ExternalIdentity
) -> None:
    line = Line(issuer.token(scene.environment.id))
    assert scene.numbers(line) == [NUMBER]
    assert scene.write(line, "+49 151 5550198").status_code == 200
    assert line.post("/tokenizer/tokens/actions/resolve", {"tokens": ["none"]}).status_code == 200
    assert len(issuer.asked) == 2
    entry = recorded(scene, "external_token.accepted")[0]
    assert entry.actor.id == scene.service.client.public_id
    assert "lovelace" not in "".join(each.text for each in queries.every_entry(environment_id=scene.environment.id))


def test_an_external_token_opens_nothing_else(scene: Scene, issuer: Issuer, admitted: ExternalIdentity) -> None:
    line = Line(issuer.token(scene.environment.id))
    create = {**scene.write_body(), "id": str(uuid4())}
    assert line.post("/userstore/api/users", create).status_code == 401
    assert line.post("/tokenizer/tokens/actions/inspect", {"token": "none"}).status_code == 401
    for path in ("/authn/users", "/userstore/config/columns", "/userstore/oidcissuers", "/audit/entries"):
        assert line.get(path).status_code == 401


def test_nobody_is_let_in_by_the_issuer_being_listed(scene: Scene, issuer: Issuer, admitted: ExternalIdentity) -> None:
    answer = scene.read(Line(issuer.token(scene.environment.id, subject="eve")))
    assert (answer.status_code, NUMBER in answer.content.decode()) == (403, False)
    assert recorded(scene, "external_token.accepted", "refused")
    system = system_caller(scene.environment.id)
    outsider = cast.new_player(scene.environment, "outsider").client
    admit_identity(
        system, issuer=issuer.url, client_id=outsider.public_id
    )  # everybody else, as a client without rights
    assert scene.read(Line(issuer.token(scene.environment.id, subject="eve"))).status_code == 403
    assert scene.numbers(Line(issuer.token(scene.environment.id))) == [NUMBER]


def test_a_token_that_does_not_say_what_it_must_is_none(
    scene: Scene, issuer: Issuer, admitted: ExternalIdentity
) -> None:
    wrong: list[dict[str, Any]] = [
        {"exp": 1}, {"exp": None}, {"nbf": 2**33}, {"iat": 2**33}, {"aud": "https://elsewhere.example.com"},
        {"aud": None}, {"iss": "https://login.example.com"}, {"sub": ""}, {"sub": None},
    ]  # fmt: skip
    told = {str(each): scene.read(Line(issuer.token(scene.environment.id, **each))).status_code for each in wrong}
    assert told == {str(each): 401 for each in wrong}
    assert scene.read(Line(issuer.token(scene.environment.id))).status_code == 200


def test_a_token_of_another_environment_of_another_key_or_of_none_is_none(
    scene: Scene, issuer: Issuer, admitted: ExternalIdentity
) -> None:
    other = new_scene()
    list_issuers(system_caller(other.environment.id), urls=[issuer.url])
    assert scene.read(Line(issuer.token(other.environment.id))).status_code == 403
    both = [audience_of(scene.environment.id), audience_of(other.environment.id)]
    assert scene.read(Line(issuer.token(scene.environment.id, aud=both))).status_code == 401
    good = issuer.token(scene.environment.id)
    assert scene.read(Line(f"{good[:-6]}AAAAAA")).status_code == 401
    forger = Issuer(issuer.url)
    forger.new_key("first")
    assert scene.read(Line(forger.token(scene.environment.id))).status_code == 401
    claims = jwt.decode(good, options={"verify_signature": False})
    for algorithm, key in (("none", None), ("HS256", "a shared secret of more than 32 bytes")):
        forged = jwt.encode(claims, key, algorithm, headers={"kid": "first"})
        assert scene.read(Line(forged)).status_code == 401
    assert scene.read(Line(jwt.encode({**claims, "aud": [audience_of(uuid4())]}, "x" * 32))).status_code == 401


def test_revocation_acts_on_the_next_call(scene: Scene, issuer: Issuer, admitted: ExternalIdentity) -> None:
    system, line = system_caller(scene.environment.id), Line(issuer.token(scene.environment.id))
    client = scene.service.client.public_id
    assert scene.read(line).status_code == 200
    change_client(system, client_id=client, name="", description="", is_disabled=True)
    assert scene.read(line).status_code == 403
    change_client(system, client_id=client, name="", description="", is_disabled=False)
    assert scene.read(line).status_code == 200
    end_identity(system, identity_id=admitted.public_id)
    assert scene.read(line).status_code == 403
    list_issuers(system, urls=[])
    assert scene.read(line).status_code == 401


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
def test_keys_come_and_go_and_weak_ones_never_count(scene: Scene, issuer: Issuer, admitted: ExternalIdentity) -> None:
    issuer.new_key("curve", algorithm="ES256")
    issuer.new_key("weak", bits=1024)
    assert scene.numbers(Line(issuer.token(scene.environment.id, kid="curve"))) == [NUMBER]
    assert scene.read(Line(issuer.token(scene.environment.id, kid="weak"))).status_code == 401
    asked = len(issuer.asked)
    issuer.new_key("later")
    later = Line(issuer.token(scene.environment.id, kid="later"))
    assert scene.read(later).status_code == 401
    assert len(issuer.asked) == asked  # unknown keys do not make us ask again and again
    forget_issuer_keys()
    assert scene.read(later).status_code == 200


def test_an_issuer_that_says_it_is_another_or_does_not_answer_vouches_for_nobody(
    scene: Scene, issuer: Issuer, admitted: ExternalIdentity
) -> None:
    issuer.document = {"issuer": "https://login.example.com"}
    assert scene.read(Line(issuer.token(scene.environment.id))).status_code == 503
    forget_issuer_keys()
    issuer.document = {"jwks_uri": "http://198.51.100.7/keys"}
    assert scene.read(Line(issuer.token(scene.environment.id))).status_code == 503


def test_without_leave_for_loopback_this_machine_is_asked_nothing(
    scene: Scene, issuer: Issuer, admitted: ExternalIdentity, settings: Settings
) -> None:
    settings.GOVERNANCE_ISSUERS_MAY_BE_LOOPBACK = False
    assert scene.read(Line(issuer.token(scene.environment.id))).status_code == 503
    assert issuer.asked == []


def test_issuers_are_listed_as_a_whole_by_who_may_configure(scene: Scene) -> None:
    line, path = scene.line, "/userstore/oidcissuers"
    one, two = "https://login.example.com", "https://id.example.com/realms/staff"
    assert body(line.get(path)) == []
    assert body(line.put(path, [one, two])) == [two, one]
    assert body(line.put(path, [one])) == [one]
    assert recorded(scene, "issuers.listed")[0].facts["issuers"] == [one]
    wrong = ("http://login.example.com", "https://", "https://a.example.com/?x=1", "https://u:p@example.com", "ftp://x",
             "https://127.0.0.1", "https://localhost", "https://a.example.com/#f", "https://[", "x", one)  # fmt: skip
    for each in wrong:
        body(line.put(path, [one, each]), 400)
    for bad in ({"issuers": [one]}, [1], "x", None):
        body(line.put(path, bad), 400)
    assert body(line.get(path)) == [one]
    assert line_of(cast.new_player(scene.environment, "reader", read=True)).put(path, []).status_code == 403
    assert body(line_of(cast.new_player(scene.environment, "looker", read=True)).get(path)) == [one]
    assert line_of(cast.new_player(scene.environment, "outsider")).get(path).status_code == 403


def test_identities_are_admitted_shown_and_ended_and_their_subjects_are_sealed(scene: Scene) -> None:
    line, path, url = scene.line, "/governance/external-identities", "https://login.example.com"
    asked = {"issuer": url, "subject": "lovelace@example.com", "client_id": str(scene.service.client.public_id)}
    assert line.post(path, asked).status_code == 404
    body(line.put("/userstore/oidcissuers", [url]))
    made = line.post(path, asked)
    assert (made.status_code, made.json()["everybody"]) == (201, False)
    assert line.post(path, asked).status_code == 409
    assert [each["subject"] for each in line.get(path).json()["data"]] == ["lovelace@example.com"]
    with in_environment(scene.environment.id):
        stored = ExternalIdentity.objects.values_list("subject", "subject_print").get()
    assert b"lovelace" not in bytes(stored[0]) and "lovelace" not in stored[1]
    assert line.delete(f"{path}/{made.json()['id']}").status_code == 204
    assert line.delete(f"{path}/{made.json()['id']}").status_code == 404
    assert line.post(path, {**asked, "subject": ""}).json()["everybody"] is True
    body(line.put("/userstore/oidcissuers", []))
    with in_environment(scene.environment.id):
        assert not ExternalIdentity.objects.exists() and not ExternalIssuer.objects.exists()
    assert "lovelace" not in "".join(each.text for each in queries.every_entry(environment_id=scene.environment.id))


def test_issuers_and_identities_keep_their_laws(scene: Scene) -> None:
    system, url = system_caller(scene.environment.id), "https://login.example.com"
    client = scene.service.client.public_id
    list_issuers(system, urls=[url])
    admit_identity(system, issuer=url, client_id=client)
    with pytest.raises(Conflict):
        admit_identity(system, issuer=url, client_id=client)
    with pytest.raises(Invalid):
        list_issuers(system, urls=[f"https://{number}.example.com" for number in range(51)])
    with pytest.raises(Invalid):
        admit_identity(system, issuer=url, client_id=client, subject="x" * 256)
