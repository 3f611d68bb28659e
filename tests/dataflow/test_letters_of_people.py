"""Dead letters on a server: sealed for whom they are about, opened on record under a grant, gone with them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID, uuid4

import pytest
import redis
from django.conf import settings

from audit.queries import entries
from dataflow.actions.dead_letters import (
    drop_letters,
    flows_with_letters,
    list_letters,
    open_letter,
    replay_letters,
    show_letter,
)
from dataflow.deadletters.concealing import Unreadable
from dataflow.engines.protocol import Done
from dataflow.engines.redis_streams import RedisStreams
from dataflow.models import LetterLook
from dataflow.running.deployed import engine_for
from dataflow.tasks import continue_deployments
from governance.actions.freezes import freeze
from governance.errors import Invalid, NotFound, Refused
from governance.identities import Caller
from keyring.keys import KeyKind, forget_opened_keys
from keyring.models import WrappedKey
from keyring.walls import in_environment
from tests.beginnings import beginning
from tests.plaintext import Marks, in_redis
from tests.userstore.helpdesk import HelpDesk
from userstore.actions.deletion import delete_subject
from userstore.actions.erasing import erase_subject
from userstore.actions.erasure_preview import preview_erasure

pytestmark = pytest.mark.django_db(transaction=True)
begun, desk = beginning(HelpDesk)

FLOW, WHY = "tests/fraud", "The customer asks why nothing came."
LOST = Done((), (("s", "failed"),), "mask: ValueError in line 2")


@pytest.fixture
def engine(desk: HelpDesk) -> Iterator[RedisStreams]:
    engine = engine_for(desk.service, subject="$.whose.id")
    yield engine
    for key in engine.client.scan_iter(f"flow:{{{desk.environment.id}}}:*"):
        engine.client.delete(key)


def failed(engine: RedisStreams, *people: UUID | str | None, text: str = "record") -> list[str]:
    """A service fails on a record of each; return the letters' ids."""
    intake = engine.intake(FLOW, "s", [("in", "0")], "w")
    engine.produce("in", [(b"k", json.dumps({"whose": {"id": str(each)}, "text": text}).encode()) for each in people])
    before = {each.id for each in engine.letters(FLOW).all()}
    batch = intake.take(most=100, wait=0.1)
    assert batch is not None
    intake.commit(batch, [[LOST]] * len(batch.entries))
    return [each.id for each in engine.letters(FLOW).all() if each.id not in before]


def told(desk: HelpDesk, kind: str, outcome: str = "done") -> list[Mapping[str, Any]]:
    found = entries(environment_id=desk.environment.id, kinds=[f"dead_letter.{kind}"])
    return [each.facts for each in found if each.outcome == outcome]


def whole(desk: HelpDesk, **asked: Any) -> None:
    """Sue has access to all that the accessor shows."""
    desk.granted(columns=[desk.name, desk.age], **asked)


def test_records_are_sealed_for_their_people_and_others_for_the_environment(
    desk: HelpDesk, engine: RedisStreams
) -> None:
    marks = Marks()
    failed(engine, desk.ada, desk.ben, uuid4(), "nobody", None, text=marks.free_text)
    failed(engine, desk.ada, text=marks.free_text)
    listed = list_letters(desk.officer, flow=FLOW).letters
    assert [each.is_of_person for each in listed] == [True, True, False, False, False, True]
    assert {(each.letter.topic, each.letter.service, each.letter.why) for each in listed} == {("in", "s", LOST.failure)}
    assert flows_with_letters(desk.officer) == {FLOW: 6}
    engine.client.delete(engine.stream("in"))
    assert in_redis(settings.REDIS_URL, marks.forms) == {}
    keys = {engine.letters(FLOW).found(each.letter.id)[1][1:17] for each in listed}
    assert len(keys) == 3
    assert list_letters(desk.officer, flow=FLOW, after=listed[-2].letter.id, most=1).letters == listed[-1:]


def test_a_letter_of_somebody_opens_under_a_grant_for_them_and_every_look_is_on_record(
    desk: HelpDesk, engine: RedisStreams
) -> None:
    of_ada, of_ben = failed(engine, desk.ada, desk.ben)
    for caller in (desk.sue, desk.officer, desk.outsider, desk.otto):
        with pytest.raises(Refused):
            open_letter(caller, flow=FLOW, letter=of_ada, reason=WHY)
    desk.granted()  # some columns of hers: less than a record
    with pytest.raises(Refused) as caught:
        open_letter(desk.sue, flow=FLOW, letter=of_ada, reason=WHY)
    assert "narrowed to some columns" in caught.value.reasons[0]
    whole(desk)
    opened = open_letter(desk.sue, flow=FLOW, letter=of_ada, reason=WHY)
    assert (opened.key, json.loads(opened.value)) == (b"k", {"whose": {"id": str(desk.ada)}, "text": "record"})
    with pytest.raises(Refused):
        open_letter(desk.sue, flow=FLOW, letter=of_ben, reason=WHY)
    (look,) = told(desk, "opened")
    assert (look["flow"], look["letter"], len(look["subjects"])) == (FLOW, of_ada, 1)
    assert "grant" in look
    assert len(told(desk, "opened", "refused")) == 4
    with in_environment(desk.environment.id):
        (kept,) = LetterLook.objects.all()
        assert (str(kept.public_id), kept.looked_by) == (look["look"], desk.sue.account_id)
        assert kept.reason is not None
        assert kept.reason.reveal() == WHY


def test_a_letter_of_nobody_opens_for_who_configures_with_a_reason(desk: HelpDesk, engine: RedisStreams) -> None:
    (letter,) = failed(engine, None)
    whole(desk)
    for caller in (desk.sue, desk.outsider, desk.otto):
        with pytest.raises(Refused):
            open_letter(caller, flow=FLOW, letter=letter, reason=WHY)
    for reason in ("", "  short  ", "x" * 1001):
        with pytest.raises(Invalid, match="Say in 10 to 1000 characters"):
            open_letter(desk.officer, flow=FLOW, letter=letter, reason=reason)
    assert open_letter(desk.officer, flow=FLOW, letter=letter, reason=WHY).key == b"k"
    assert "subjects" not in told(desk, "opened")[0]
    for missing in ("1-1", "x"):
        with pytest.raises(NotFound):
            open_letter(desk.officer, flow=FLOW, letter=missing, reason=WHY)
    freeze(desk.officer, kind="environment", target_id=desk.environment.id)
    with pytest.raises(Refused) as caught:
        open_letter(desk.officer, flow=FLOW, letter=letter, reason=WHY)
    assert caught.value.reasons == ("freeze: the environment",)


def test_outsiders_see_no_list_and_put_nothing_back(desk: HelpDesk, engine: RedisStreams) -> None:
    ids = failed(engine, desk.ada, None)
    abroad = HelpDesk()
    for caller in (desk.outsider, desk.otto):
        for refused in (lambda who: list_letters(who, flow=FLOW), flows_with_letters):
            with pytest.raises(Refused):
                refused(caller)
    for caller in (desk.outsider, desk.sue, desk.otto):
        for act in (replay_letters, drop_letters):
            with pytest.raises(Refused):
                act(caller, flow=FLOW, letters=ids)
    assert list_letters(abroad.officer, flow=FLOW).letters == []
    assert drop_letters(abroad.officer, flow=FLOW) == 0
    assert len(list_letters(desk.sue, flow=FLOW).letters) == 2
    assert len(told(desk, "replayed", "refused")) == len(told(desk, "dropped", "refused")) == 3


def test_letters_are_put_back_or_dropped_on_record(desk: HelpDesk, engine: RedisStreams) -> None:
    first, second, _ = failed(engine, desk.ada, None, desk.ben)
    assert drop_letters(desk.officer, flow=FLOW, letters=[first, "1-1"]) == 1
    assert replay_letters(desk.officer, flow=FLOW, letters=[second]) == 1
    assert replay_letters(desk.officer, flow=FLOW) == 1
    assert list_letters(desk.officer, flow=FLOW).letters == []
    assert [dict(each) for each in told(desk, "dropped")] == [{"flow": FLOW, "letters": 1}]
    assert [dict(each) for each in told(desk, "replayed")] == [{"flow": FLOW, "letters": 1}] * 2
    again = engine.intake(FLOW, "s", [("in", "0")], "w").take(most=10, wait=0.1)
    assert again is not None
    assert len(again.messages) == 2
    with pytest.raises(Invalid, match="Name up to 1000 letters"):
        drop_letters(desk.officer, flow=FLOW, letters=["1-1"] * 1001)


def test_what_came_from_a_sealed_topic_goes_back_sealed_whoever_puts_it_back(
    desk: HelpDesk, engine: RedisStreams
) -> None:
    marks, sealing = Marks(), engine_for(desk.service, sealed={"in": 3600}, subject="$.whose.id")
    failed(sealing, desk.ada, None, text=marks.free_text)
    assert replay_letters(desk.officer, flow=FLOW) == 2
    assert in_redis(settings.REDIS_URL, marks.forms) == {}
    again = sealing.intake(FLOW, "s", [("in", "0")], "w").take(most=10, wait=0.1)
    assert again is not None
    assert [marks.word in str(each.value) for each in again.messages] == [True, True]


def erased(caller: Caller, person: UUID) -> None:
    erase_subject(caller, subject_id=person)


def deleted(caller: Caller, person: UUID) -> None:
    delete_subject(caller, subject_id=person)


@pytest.mark.parametrize("end", [erased, deleted], ids=["erased", "deleted"])
def test_with_a_person_their_letters_end(desk: HelpDesk, engine: RedisStreams, end: Any) -> None:
    of_ada, of_ben, of_nobody = failed(engine, desk.ada, desk.ben, None)
    _, sealed = engine.letters(FLOW).found(of_ada)
    preview_erasure(desk.service, subject_id=desk.ada)
    assert engine.letters(FLOW).unsealed(sealed)[0] == b"k"
    whole(desk)
    end(desk.service, desk.ada)
    assert [each.id for each in engine.letters(FLOW).all()] == [of_ben, of_nobody]
    with pytest.raises(Unreadable):
        engine.letters(FLOW).unsealed(sealed)  # whoever kept a copy has nothing
    with pytest.raises(NotFound):
        open_letter(desk.sue, flow=FLOW, letter=of_ada, reason=WHY)
    assert engine.counters(FLOW)["dead-letters"] == {"erased": 1}
    assert failed(engine, desk.ada, uuid4()) != []  # of a stranger there is a letter, of her there is none any more
    assert [each.is_of_person for each in list_letters(desk.officer, flow=FLOW).letters] == [True, False, False]
    assert engine.counters(FLOW)["dead-letters"] == {"erased": 2}
    assert engine.counters(FLOW)["s"] == {"failed": 5}


def test_what_was_put_back_before_its_person_was_erased_is_no_letter_for_officers(
    desk: HelpDesk, engine: RedisStreams
) -> None:
    failed(engine, desk.ada)
    assert replay_letters(desk.officer, flow=FLOW) == 1
    erase_subject(desk.service, subject_id=desk.ada)
    intake = engine.intake(FLOW, "s", [("in", "0")], "w")
    batch = intake.take(most=100, wait=0.1)
    assert batch is not None
    assert intake.commit(batch, [[LOST]] * len(batch.entries)) == 1
    assert list_letters(desk.officer, flow=FLOW).letters == []
    assert engine.counters(FLOW) == {"s": {"failed": 2}, "dead-letters": {"replayed": 1, "erased": 1}}


def test_an_erasure_waits_for_no_server_of_topics_and_the_next_list_is_without_the_person(
    desk: HelpDesk, engine: RedisStreams, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_ada, of_ben = failed(engine, desk.ada, desk.ben)

    def away(*_: Any, **__: Any) -> int:
        raise redis.ConnectionError

    monkeypatch.setattr("dataflow.actions.letter_keys.erase_letters", away)
    erase_subject(desk.service, subject_id=desk.ada)
    assert [each.id for each in engine.letters(FLOW).all()] == [of_ada, of_ben]
    assert replay_letters(desk.officer, flow=FLOW, letters=[of_ada]) == 0
    assert [each.letter.id for each in list_letters(desk.officer, flow=FLOW).letters] == [of_ben]
    with pytest.raises(NotFound):
        show_letter(desk.officer, flow=FLOW, letter=of_ada)
    assert [each.id for each in engine.letters(FLOW).all()] == [of_ada, of_ben]  # who looks deletes nothing
    monkeypatch.undo()
    continue_deployments()
    assert [each.id for each in engine.letters(FLOW).all()] == [of_ben]
    assert engine.counters(FLOW)["dead-letters"] == {"erased": 1}


def test_a_letter_whose_key_is_not_here_is_shown_as_unreadable_until_somebody_drops_it(
    desk: HelpDesk, engine: RedisStreams
) -> None:
    of_ada, of_nobody = failed(engine, desk.ada, None)
    with in_environment(desk.environment.id):  # as after a restore of a backup that is older than the key
        WrappedKey.objects.filter(kind=KeyKind.FLOW.value, scope="").delete()
    forget_opened_keys()
    for _ in range(2):
        listed = list_letters(desk.sue, flow=FLOW).letters
        assert [(each.letter.id, each.is_of_person, each.is_readable) for each in listed] == [
            (of_ada, True, True),
            (of_nobody, False, False),
        ]
    assert not show_letter(desk.officer, flow=FLOW, letter=of_nobody).is_readable
    assert engine.letters(FLOW).waiting() == 2
    assert replay_letters(desk.officer, flow=FLOW, letters=[of_nobody]) == 0
    assert drop_letters(desk.officer, flow=FLOW, letters=[of_nobody]) == 1
    assert [each.id for each in engine.letters(FLOW).all()] == [of_ada]
    assert "erased" not in engine.counters(FLOW)["dead-letters"]
