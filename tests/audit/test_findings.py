"""The analysis at work in the database: on sealed entries only, exactly once, behind the walls."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import StringIO
from threading import Barrier, Thread
from uuid import UUID, uuid4

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import ProgrammingError, connection, connections

from audit.actions import analysing
from audit.actions.analysing import close_days, forget_recollections, look_on
from audit.actions.findings import (
    assign_finding,
    comment_on_finding,
    decide_finding,
    expect_work,
)
from audit.actors import Actor
from audit.analysis import sources
from audit.analysis.accesses import Access
from audit.analysis.facts import Facts
from audit.analysis.reading import environments, tree_size
from audit.errors import FactsUnavailable, FindingNotFound, FindingRefused
from audit.events import declared
from audit.models import Alert, AnalysisCursor, Finding, FindingComment, Recollection
from audit.recorder import append
from keyring.actions import create_environment_key
from keyring.actions.wrapped_keys import create_first_keys
from keyring.keys import KeyKind
from keyring.walls import in_environment
from tests.audit.connections import AddressOf, run
from tests.audit.rules import set_rule
from tests.audit.sealing import sealing, turned_until
from tests.audit.vocabulary import ELSEWHERE, ENVIRONMENT, OFFICER

pytestmark = pytest.mark.django_db(transaction=True)

ANN = Actor("operator", UUID(int=0xA))
HONEY = "ab" * 16


class Planted:
    """Knows one person who does not exist."""

    def facts_about(self, accesses: list[Access], *, environment_id: UUID) -> Facts:  # noqa: ARG002  the protocol's
        return Facts(honey=frozenset({HONEY}))


class Silent:
    def facts_about(self, accesses: list[Access], *, environment_id: UUID) -> Facts:  # noqa: ARG002  the protocol's
        raise FactsUnavailable


@pytest.fixture(autouse=True)
def planted(settings: object) -> None:
    settings.AUDIT_FACT_SOURCES = [f"{__name__}.Planted"]  # type: ignore[attr-defined]  # pytest-django's


def reads(*people: str, environment: UUID = ENVIRONMENT, actor: Actor = ANN) -> None:
    for person in people:
        append(
            declared()["accessor.executed"],
            environment_id=environment,
            actor=actor,
            facts={"accessor": uuid4(), "subjects": [person], "columns": ["email"], "rows": 1},
        )


def looked(environment: UUID = ENVIRONMENT) -> int:
    return look_on(environment, now=datetime.now(UTC))


def findings(environment: UUID = ENVIRONMENT) -> list[tuple[str, str, int, str]]:
    with in_environment(environment):
        states = dict(Finding.objects.values_list("id", "state"))
        rows = Alert.objects.filter(id__in=states).order_by("rule", "key")
        return [(each.rule, each.actor, each.count, states[each.id]) for each in rows]


def test_what_is_not_sealed_is_not_looked_at_and_what_is_is_looked_at_once(role_url: AddressOf) -> None:
    reads(HONEY)
    assert looked() == 0
    assert findings() == []
    with sealing(role_url) as sealer:
        turned_until(sealer, 1)
    assert looked() == 1
    assert findings() == [("D33", str(ANN.id), 1, "new")]
    assert looked() == 0, "until the entry about the finding is sealed as well"
    assert findings() == [("D33", str(ANN.id), 1, "new")]


def test_a_finding_names_its_entries_and_is_itself_in_the_book(role_url: AddressOf) -> None:
    reads(HONEY)
    with sealing(role_url) as sealer:
        turned_until(sealer, 1)
        looked()
        turned_until(sealer, 2)
    with in_environment(ENVIRONMENT):
        alert = Alert.objects.get()
    (entry_id,) = alert.evidence.values()
    assert run(role_url("auditor"), "select index from audit_leaf where entry_id = %s", [entry_id]) == [(0,)]
    kinds = run(role_url("auditor"), "select kind from audit_entry order by recorded_at desc limit 1")
    assert kinds == [("finding.opened",)]


def test_one_environment_sees_nothing_of_another(role_url: AddressOf) -> None:
    reads(HONEY)
    reads("cd" * 16, environment=ELSEWHERE)
    with sealing(role_url) as sealer:
        turned_until(sealer, 2)
    assert {ENVIRONMENT, ELSEWHERE} <= set(environments())
    assert [looked(each) for each in (ENVIRONMENT, ELSEWHERE)] == [2, 2]
    assert (len(findings()), len(findings(ELSEWHERE))) == (1, 0)
    for model in (Alert, Finding, FindingComment, AnalysisCursor, Recollection):
        assert not model.objects.exists(), "outside every environment there is nothing"


def test_a_transaction_that_dies_leaves_neither_finding_nor_cursor(
    role_url: AddressOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads(HONEY, "cd" * 16, HONEY)
    with sealing(role_url) as sealer:
        turned_until(sealer, 3)
    monkeypatch.setattr(AnalysisCursor, "save", _dies)
    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            looked()
    assert findings() == []
    monkeypatch.undo()
    assert looked() == 3
    assert findings() == [("D33", str(ANN.id), 2, "new")]


def _dies(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_many_that_look_at_once_find_everything_once(role_url: AddressOf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analysing, "MOST_AT_ONCE", 4)
    reads(*[HONEY, "cd" * 16] * 10)
    with sealing(role_url) as sealer:
        turned_until(sealer, 20)
    together = Barrier(3)

    def work() -> None:
        together.wait()
        for _ in range(5):
            looked()
        connections.close_all()

    threads = [Thread(target=work) for _ in range(3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    while looked():
        pass
    assert findings() == [("D33", str(ANN.id), 10, "new")]
    with in_environment(ENVIRONMENT):
        assert AnalysisCursor.objects.get().index == tree_size()


def test_a_day_is_looked_at_as_a_whole_again_and_again_and_tells_once(role_url: AddressOf) -> None:
    reads(*(f"{each:032x}" for each in range(9)))
    with sealing(role_url) as sealer:
        turned_until(sealer, 9)
    looked()
    now = datetime.now(UTC)
    for _ in range(3):
        close_days(ENVIRONMENT, now=now)
    assert findings() == [("D1", str(ANN.id), 1, "new")]
    with sealing(role_url) as sealer:
        turned_until(sealer, 10)  # the finding's own
    looked()
    for _ in range(2):
        close_days(ENVIRONMENT, now=now.replace(hour=12) + timedelta(days=1))
    assert findings() == [("D1", str(ANN.id), 1, "new")]
    with in_environment(ENVIRONMENT):
        assert AnalysisCursor.objects.get().closed_until == now.date()
    assert forget_recollections(ENVIRONMENT, now=now + timedelta(days=10)) == 0
    assert forget_recollections(ENVIRONMENT, now=now + timedelta(days=100)) > 0


def test_a_source_that_does_not_answer_accuses_nobody(role_url: AddressOf, settings: object) -> None:
    settings.AUDIT_FACT_SOURCES = [f"{__name__}.Silent"]  # type: ignore[attr-defined]  # pytest-django's
    reads(*(f"{each:032x}" for each in range(9)))
    with sealing(role_url) as sealer:
        turned_until(sealer, 9)
    looked()
    close_days(ENVIRONMENT, now=datetime.now(UTC))
    assert [(rule, actor) for rule, actor, *_ in findings()] == [("D1", "")]


@pytest.fixture
def environment_with_keys() -> None:
    create_environment_key(environment_id=ENVIRONMENT)
    with in_environment(ENVIRONMENT):
        create_first_keys(environment_id=ENVIRONMENT, names=[(KeyKind.TEXT, "")])


@pytest.fixture
def found(role_url: AddressOf, environment_with_keys: None) -> UUID:
    reads(HONEY)
    with sealing(role_url) as sealer:
        turned_until(sealer, tree_size() + 1)
    while looked():
        pass
    with in_environment(ENVIRONMENT):
        return Finding.objects.get().id


def test_a_finding_is_assigned_commented_and_decided_once_each_on_record(found: UUID, role_url: AddressOf) -> None:
    now, about = datetime.now(UTC), {"actor": OFFICER, "environment_id": ENVIRONMENT, "finding_id": found}
    assert OFFICER.id
    assign_finding(**about, owner=OFFICER.id)  # type: ignore[arg-type]  # as above
    comment_on_finding(**about, comment="She said it was a mistake.", now=now)  # type: ignore[arg-type]  # as above
    decided = decide_finding(**about, verdict="confirmed", comment="It was not.", now=now)  # type: ignore[arg-type]  # as above
    assert (decided.state, decided.decided_by) == ("confirmed", OFFICER.id)
    with pytest.raises(FindingRefused, match="already"):
        decide_finding(**about, verdict="explained", comment="No.", now=now)  # type: ignore[arg-type]  # as above
    with in_environment(ENVIRONMENT):
        texts = [each.text.reveal() for each in FindingComment.objects.order_by("written_at")]  # type: ignore[union-attr]  # each of them was written
    assert len(texts) == 2
    said = run(role_url("auditor"), "select kind, body from audit_entry where kind like 'finding.%%' order by id")
    assert [kind for kind, _ in said] == [
        "finding.opened", "finding.assigned", "finding.commented", "finding.decided",
    ]  # fmt: skip
    assert not any("mistake" in body for _, body in said)


def test_nobody_decides_about_themselves_and_nobody_reaches_a_finding_elsewhere(found: UUID) -> None:
    now = datetime.now(UTC)
    with pytest.raises(FindingRefused, match="themselves"):
        decide_finding(
            actor=ANN, environment_id=ENVIRONMENT, finding_id=found, verdict="explained", comment="Fine.", now=now
        )
    with pytest.raises(FindingRefused, match="themselves"):
        expect_work(actor=ANN, environment_id=ENVIRONMENT, finding_id=found, until=now + timedelta(days=1), now=now)
    with pytest.raises(FindingNotFound):
        assign_finding(actor=OFFICER, environment_id=ELSEWHERE, finding_id=found, owner=ANN.id)  # type: ignore[arg-type]  # has one
    for verdict, comment in (("fine", "x"), ("explained", " ")):
        with pytest.raises(FindingRefused):
            decide_finding(
                actor=OFFICER, environment_id=ENVIRONMENT, finding_id=found, verdict=verdict, comment=comment, now=now
            )


def test_what_is_marked_as_expected_explains_until_its_day(found: UUID) -> None:
    now = datetime.now(UTC)
    for until in (now - timedelta(days=1), now + timedelta(days=999)):
        with pytest.raises(FindingRefused):
            expect_work(actor=OFFICER, environment_id=ENVIRONMENT, finding_id=found, until=until, now=now)
    expect_work(actor=OFFICER, environment_id=ENVIRONMENT, finding_id=found, until=now + timedelta(days=7), now=now)
    with in_environment(ENVIRONMENT):
        facts = sources.facts_about([], environment_id=ENVIRONMENT, now=now)
        later = sources.facts_about([], environment_id=ENVIRONMENT, now=now + timedelta(days=8))
    assert [(each.actor, each.subject) for each in facts.expectations] == [(str(ANN.id), HONEY)]
    assert later.expectations == ()


def test_a_rule_that_is_switched_off_finds_nothing_and_the_analysis_tells_who_did_it(role_url: AddressOf) -> None:
    set_rule("D33", is_enabled=False)
    reads(HONEY)
    with sealing(role_url) as sealer:
        turned_until(sealer, 2)
    looked()
    assert findings() == [("D34", str(OFFICER.id), 1, "new")]


def test_the_application_cannot_delete_a_finding(found: UUID) -> None:
    with pytest.raises(ProgrammingError), in_environment(ENVIRONMENT), connection.cursor() as cursor:
        cursor.execute("delete from audit_finding where id = %s", [found])


def test_a_backtest_tells_what_a_rule_would_have_found_and_keeps_nothing(role_url: AddressOf) -> None:
    reads(HONEY, "cd" * 16, HONEY)
    with sealing(role_url) as sealer:
        turned_until(sealer, 3)
    today = datetime.now(UTC).date().isoformat()
    asked = ["--environment", str(ENVIRONMENT), "--from", today, "--to", today]
    said = StringIO()
    call_command("backtest_detection", "D33", *asked, stdout=said)
    assert said.getvalue().splitlines()[-1] == "1 alerts over 1 days and 3 entries"
    said = StringIO()
    call_command("backtest_detection", "D33", *asked, "--threshold", "3", stdout=said)
    assert said.getvalue() == "0 alerts over 1 days and 3 entries\n"
    for wrong in (["D999", *asked], ["D33", *asked, "--threshold", "-1"], ["D33", *asked[:-1], "2020-01-01"]):
        with pytest.raises(CommandError):
            call_command("backtest_detection", *wrong)
    assert findings() == []
    with in_environment(ENVIRONMENT):
        assert not Recollection.objects.exists()
