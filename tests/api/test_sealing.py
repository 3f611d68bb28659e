"""Services that keep ciphertext themselves: what they seal opens where it belongs, and nowhere else."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from django.db import connections
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from governance import standing
from governance.actions.clients import change_client
from governance.actions.freezes import freeze
from governance.actions.rights import give_right, withdraw_right
from governance.identities import system_caller
from governance.models import Right
from governance.standing import standing_of
from keyring.walls import in_environment
from tests import cast
from tests.api.calling import Line, Scene, line_of, new_scene, recorded
from tests.beginnings import beginning

pytestmark = pytest.mark.django_db(transaction=True)

PURPOSE = {"name": "operational"}
ROW = {"table": "orders", "column": "phone", "id": "7"}
VALUE = "+49 151 5550123"
BROKEN = {"error": "This cannot be unsealed here."}

begun, scene = beginning(new_scene)


def items(name: str, *texts: str, **more: Any) -> dict[str, Any]:
    return {"purpose": PURPOSE, "context": ROW, "items": [{name: text} for text in texts], **more}


def sealed(line: Line, *texts: str, **more: Any) -> list[str]:
    answer = line.post("/seal/seal", items("value", *texts, **more))
    assert answer.status_code == 200, answer.content
    return [each["sealed"] for each in answer.json()["items"]]


def opened(line: Line, *texts: str, **more: Any) -> list[dict[str, str]]:
    answer = line.post("/seal/unseal", items("sealed", *texts, **more))
    assert answer.status_code == 200, answer.content
    found: list[dict[str, str]] = answer.json()["items"]
    return found


def test_a_service_seals_keeps_and_opens_again(scene: Scene) -> None:
    kept = sealed(scene.line, VALUE, "", VALUE)
    assert all(text.startswith("sb1:") for text in kept)
    assert kept[0] != kept[2]  # equal values do not look equal
    assert opened(scene.line, *kept) == [{"value": VALUE}, {"value": ""}, {"value": VALUE}]


def test_a_value_opens_for_its_purpose_context_and_client_alone(scene: Scene) -> None:
    other = line_of(cast.new_player(scene.environment, "other", seal=True, unseal=True))
    (kept,) = sealed(scene.line, VALUE)
    assert opened(scene.line, kept, purpose={"name": "marketing"}) == [BROKEN]
    assert opened(scene.line, kept, context=ROW | {"id": "8"}) == [BROKEN]
    assert opened(scene.line, kept, context={}) == [BROKEN]
    assert opened(other, kept) == [BROKEN]
    assert opened(scene.line, kept, context=dict(reversed(ROW.items()))) == [{"value": VALUE}]


def test_another_environment_opens_nothing_of_it(scene: Scene) -> None:
    abroad = new_scene()
    (kept,) = sealed(scene.line, VALUE)
    sealed(abroad.line, VALUE)  # it has a key of its own
    assert opened(abroad.line, kept) == [BROKEN]
    asked = items("sealed", kept, client_id=str(scene.service.client.public_id))
    assert abroad.line.post("/seal/unseal", asked).status_code == 404


def test_every_item_may_have_a_context_of_its_own(scene: Scene) -> None:
    asked = {"purpose": PURPOSE, "items": [{"value": str(n), "context": {"id": str(n)}} for n in range(3)]}
    kept = [each["sealed"] for each in scene.line.post("/seal/seal", asked).json()["items"]]
    rotated = [{"sealed": text, "context": {"id": str((n + 1) % 3)}} for n, text in enumerate(kept)]
    told = scene.line.post("/seal/unseal", {"purpose": PURPOSE, "items": rotated}).json()["items"]
    assert told == [BROKEN] * 3


def test_another_client_unseals_what_it_was_given_the_right_to(scene: Scene) -> None:
    reader = cast.new_player(scene.environment, "reader")
    (kept,) = sealed(scene.line, VALUE)
    whose = {"client_id": str(scene.service.client.public_id)}
    asked = items("sealed", kept, **whose)
    line = line_of(reader)
    assert line.post("/seal/unseal", asked).status_code == 403
    system = system_caller(scene.environment.id)
    give_right(system, holder=reader.client.account, operation="unseal", on=scene.service.client)
    assert opened(line, kept, **whose) == [{"value": VALUE}]
    assert line.post("/seal/seal", items("value", VALUE)).status_code == 403
    assert line.post("/seal/reseal", asked).status_code == 403
    with in_environment(scene.environment.id):
        right = Right.objects.get(user=reader.client.account)
    withdraw_right(system, right=right)
    assert line.post("/seal/unseal", asked).status_code == 403


def test_an_outsider_gets_nothing_and_is_on_record(scene: Scene) -> None:
    (kept,) = sealed(scene.line, VALUE)
    outsider = line_of(cast.new_player(scene.environment, "outsider"))
    whose = str(scene.service.client.public_id)
    assert outsider.post("/seal/seal", items("value", VALUE)).status_code == 403
    assert outsider.post("/seal/unseal", items("sealed", kept, client_id=whose)).status_code == 403
    assert outsider.post("/seal/reseal", items("sealed", kept, client_id=whose)).status_code == 403
    assert outsider.post("/seal/unseal", items("sealed", kept, client_id=str(uuid4()))).status_code == 403
    unknown = items("sealed", kept, purpose={"name": "nothing_like_it"})
    assert outsider.post("/seal/unseal", unknown).status_code == 403
    assert scene.line.post("/seal/unseal", unknown).status_code == 404
    assert outsider.get(f"/seal/keys?client_id={whose}").status_code == 403
    assert outsider.post("/seal/keys", {"client_id": whose}).status_code == 403
    assert len(recorded(scene, "seal.unsealed", "refused")) == 2
    assert len(recorded(scene, "seal.sealed", "refused")) == 1


def test_a_batch_is_one_entry_that_says_everything_but_the_values(scene: Scene) -> None:
    kept = sealed(scene.line, VALUE, "secret word")
    opened(scene.line, kept[0], "sb1:nonsense")
    (entry,) = recorded(scene, "seal.sealed", "done")
    (read,) = recorded(scene, "seal.unsealed", "done")
    assert (entry.facts["values"], entry.facts["purposes"]) == (2, ["operational"])
    assert (read.facts["values"], read.facts["failed"]) == (2, 1)
    assert entry.facts["contexts"] == read.facts["contexts"]
    assert read.facts["keys"] == [entry.facts["key"]]
    told = str([entry.facts, read.facts])
    assert not any(text in told for text in (VALUE, "secret word", "orders", *kept))


def test_a_freeze_of_the_purpose_or_the_client_stops_it_at_once(scene: Scene) -> None:
    (kept,) = sealed(scene.line, VALUE)
    system = system_caller(scene.environment.id)
    purpose = cast.new_purpose(scene.environment, "operational").public_id
    other = cast.new_player(scene.environment, "other", unseal=True)
    freeze(system, kind="purpose", target_id=purpose, reason="a drill")
    assert scene.line.post("/seal/unseal", items("sealed", kept)).status_code == 403
    assert scene.line.post("/seal/seal", items("value", VALUE)).status_code == 403
    assert opened(scene.line, kept, purpose={"name": "marketing"}) == [BROKEN]
    change_client(system, client_id=scene.service.client.public_id, name="service", description="", is_disabled=True)
    assert scene.line.post("/seal/unseal", items("sealed", kept)).status_code in {401, 403}
    assert line_of(other).post("/seal/unseal", items("sealed", kept)).status_code == 403


@pytest.mark.parametrize("call", ["seal", "unseal"])
def test_what_another_process_changed_decides_although_this_one_remembers_otherwise(scene: Scene, call: str) -> None:
    (kept,) = sealed(scene.line, VALUE)
    opened(scene.line, kept)
    remembered = standing_of(scene.environment.id)
    purpose = cast.new_purpose(scene.environment, "operational").public_id
    freeze(system_caller(scene.environment.id), kind="purpose", target_id=purpose, reason="a drill")
    standing._standings[scene.environment.id] = remembered
    body = items("value", VALUE) if call == "seal" else items("sealed", kept)
    assert scene.line.post(f"/seal/{call}", body).status_code == 403
    assert len(recorded(scene, f"seal.{call}ed", "done")) == 1
    assert len(recorded(scene, f"seal.{call}ed", "refused")) == 1


def test_a_quota_counts_values_and_a_refused_batch_takes_nothing(scene: Scene) -> None:
    limited = cast.new_player(scene.environment, "limited")
    system = system_caller(scene.environment.id)
    give_right(system, holder=limited.client.account, operation="seal", on=limited.client, quota_per_hour=5)
    line = line_of(limited)
    assert line.post("/seal/seal", items("value", *"abc")).status_code == 200
    assert line.post("/seal/seal", items("value", *"abc")).status_code == 403
    assert line.post("/seal/seal", items("value", *"ab")).status_code == 200
    assert line.post("/seal/seal", items("value", "a")).status_code == 403


def test_a_renewed_key_seals_and_the_former_one_goes_on_opening_until_it_is_destroyed(scene: Scene) -> None:
    client_id = str(scene.service.client.public_id)
    (old,) = sealed(scene.line, VALUE)
    former = scene.line.get(f"/seal/keys?client_id={client_id}").json()["data"][0]
    newest = scene.line.post("/seal/keys", {"client_id": client_id}).json()
    assert newest["version"] == former["version"] + 1
    answer = scene.line.post("/seal/reseal", items("sealed", old, "sb1:" + "A" * 90)).json()["items"]
    assert answer[1] == BROKEN
    assert opened(scene.line, old, answer[0]["sealed"]) == [{"value": VALUE}] * 2
    assert scene.line.delete(f"/seal/keys/{client_id}/{newest['id']}").status_code == 409
    assert scene.line.delete(f"/seal/keys/{client_id}/{former['id']}").status_code == 204
    assert opened(scene.line, old, answer[0]["sealed"]) == [BROKEN, {"value": VALUE}]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"items": []}, "purpose"),
        ({"purpose": PURPOSE, "items": [{"value": 7}]}, "items[0].value"),
        ({"purpose": PURPOSE, "items": [{"value": "a"}, {}]}, "items[1].value"),
        ({"purpose": PURPOSE, "items": [{"value": "x" * 65_537}]}, "items[0].value"),
        ({"purpose": PURPOSE, "items": [{"value": "a", "context": {"id": 7}}]}, "items[0].context"),
        ({"purpose": PURPOSE, "context": {"id": "x" * 2100}, "items": [{"value": "a"}]}, "context"),
        ({"purpose": PURPOSE, "items": [{"value": "a"}] * 1001}, "items"),
        ({"purpose": PURPOSE, "items": "a"}, "items"),
        ({"purpose": PURPOSE, "client_id": "me", "items": []}, "client_id"),
    ],
    ids=["purpose", "number", "missing", "long", "context", "large context", "many", "no list", "client"],
)
def test_bad_input_names_its_field_and_seals_nothing(scene: Scene, body: dict[str, Any], field: str) -> None:
    answer = scene.line.post("/seal/seal", body)
    assert (answer.status_code, answer.json()["field"]) == (400, field)
    assert not recorded(scene, "seal.sealed", "done")


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data(), text=st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_no_change_of_a_single_character_opens(scene: Scene, data: st.DataObject, text: str) -> None:
    (kept,) = sealed(scene.line, text)
    place = data.draw(st.integers(0, len(kept) - 1))
    changed = kept[:place] + data.draw(st.sampled_from("Aq-_~")) + kept[place + 1 :]
    told = opened(scene.line, kept, changed)
    assert told[0] == {"value": text}
    # The last character of base64 holds bits that say nothing.
    assert told[1] == (told[0] if changed == kept or (place == len(kept) - 1 and told[1] != BROKEN) else BROKEN)


def test_two_first_calls_make_one_key(scene: Scene) -> None:
    def first(line: Line) -> list[str]:
        try:
            return sealed(line, VALUE)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        kept = [text for (text,) in pool.map(first, [scene.line] * 4)]
    assert opened(scene.line, *kept) == [{"value": VALUE}] * 4
    keys = scene.line.get(f"/seal/keys?client_id={scene.service.client.public_id}").json()["data"]
    assert [key["version"] for key in keys] == [1]
