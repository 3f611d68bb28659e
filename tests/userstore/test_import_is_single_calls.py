"""The law of imports: a file leaves what its records would leave, made one by one in their order.

People who are new are written another way than those who are known, and together unless one of them is in conflict:
the explicit examples meet each of these ways, drawn ones their mixtures.
"""

from __future__ import annotations

import json
import re
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from governance.errors import GovernanceError
from keyring.walls import in_environment
from tests.userstore.imported import Desk
from tests.userstore.phonebook import HERE
from userstore.actions.subjects import create_subject_with
from userstore.importing.framing import NDJSON
from userstore.models import ConsentRecord, Subject, Value
from userstore.selectors import SelectorError
from userstore.writing.calls import MutatorCall
from userstore.writing.execute import execute_mutator

pytestmark = pytest.mark.django_db(transaction=True)
PURPOSES = ("authentication", "marketing")
NUMBER = "+49 151 5550100"
SCRIPT = "return context.user.label !== 'spared';"
_examples = count()

changes = st.fixed_dictionaries(
    {
        "label": st.sampled_from(["Ada", "", None, 7, "UCCUR-7f55f479-3822-4976-a8a9-b789d5c6f152"]),
        "alias": st.sampled_from(["a", "b", None]),
        "age": st.sampled_from([36, "36", "many", None]),
        "phone": st.sampled_from([[NUMBER], [NUMBER, "+49 151 5550101"], [], [NUMBER, NUMBER], None]),
    }
)
records = st.lists(
    st.tuples(
        st.integers(0, 5),
        changes,
        st.lists(st.sampled_from(PURPOSES), unique=True),
        st.sampled_from([True, True, True, False]),
    ),
    min_size=1,
    max_size=9,
)


def plain(who: int, alias: str | None, label: str = "Ada", phone: Any = None) -> tuple[Any, ...]:
    """A record about one of six people."""
    return who, {"label": label, "alias": alias, "age": 36, "phone": phone}, [PURPOSES[0]], True


NEW = [plain(0, "a"), plain(1, "b", phone=[NUMBER]), plain(2, None), plain(3, "c", label="")]
IN_CONFLICT = [plain(0, "a"), plain(1, "b"), plain(2, "a"), plain(3, "c")]
NEW_AMONG_KNOWN = [*NEW, plain(0, "d"), plain(4, "a"), plain(5, "e"), plain(1, None, phone=[])]
EXCHANGED = [*NEW, plain(0, "d"), plain(4, "d"), plain(1, "e"), plain(0, "f"), plain(2, "e"), plain(5, "d")]
SPARED = [plain(0, "a"), plain(1, "b"), plain(0, None, label="spared"), plain(0, "c"), plain(1, "d"), plain(2, "a")]


class Twice:
    """Two environments alike: one is written call by call, the other from files."""

    def __init__(self, manner: str) -> None:
        self.single, self.bulk = Desk(), Desk()
        for desk in (self.single, self.bulk):
            columns = desk.name, desk.alias, desk.age, desk.book.phones()
            asked: dict[str, Any] = {"policy": desk.book.script_policy(SCRIPT)} if manner == "script" else {}
            fixed = PURPOSES[:1] if manner == "fixed purposes" else ()
            desk.mutator = desk.book.setter(*columns, purposes=fixed, **asked)
            desk.accessor = desk.book.getter(*columns)


@pytest.fixture(params=["purposes of the call", "fixed purposes", "script"])
def twice(request: pytest.FixtureRequest) -> Twice:
    return Twice(request.param)


@given(wanted=records)
@example(wanted=NEW)
@example(wanted=IN_CONFLICT)
@example(wanted=NEW_AMONG_KNOWN)
@example(wanted=EXCHANGED)
@example(wanted=SPARED)
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_a_file_leaves_what_single_calls_leave(twice: Twice, wanted: list[Any]) -> None:
    mark = f"{next(_examples)}-"
    people = [str(uuid4()) for _ in range(6)]
    calls = [
        ([people[who]] if well else ["nobody"], _row_data(change, purposes, mark))
        for who, change, purposes, well in wanted
    ]
    alone = [_fault(twice.single, *call) for call in calls]
    lines = [json.dumps({"selector_values": values, "row_data": data}) for values, data in calls]
    row = twice.bulk.imported("\n".join(lines).encode(), format=NDJSON, purposes=())
    faults = {line: _without_names(reason) for line, _, reason in twice.bulk.faults(row)}
    assert [faults.get(line, "") for line in range(1, len(calls) + 1)] == alone
    assert _left(twice.bulk, people) == _left(twice.single, people)


def _row_data(change: dict[str, Any], purposes: list[str], mark: str) -> dict[str, Any]:
    given_purposes = [{"name": name} for name in purposes]
    values = {**change, "alias": change["alias"] and mark + change["alias"]}
    row = {name: {"value": value, "purpose_additions": given_purposes} for name, value in values.items()}
    if change["phone"]:  # each value has its own purposes: some come, others stay as they are
        row["phone"] = {"value_additions": change["phone"], "purpose_additions": given_purposes}
    return row


def _fault(desk: Desk, values: list[str], data: dict[str, Any]) -> str:
    """What is wrong with a single call, which creates its user where there is none."""
    now, caller = timezone.now(), desk.book.service
    try:
        with in_environment(desk.book.environment.id):
            known = values == ["nobody"] or Subject.objects.filter(public_id=values[0]).exists()
        if known:
            execute_mutator(MutatorCall(caller, desk.mutator, values, data, HERE), now=now)
        else:
            create_subject_with(
                caller, mutator_id=desk.mutator, row_data=data, subject_id=UUID(values[0]), context=HERE, now=now
            )
    except SelectorError as error:
        return error.message
    except GovernanceError as error:
        return _without_names(str(error))
    return ""


def _without_names(reason: str) -> str:
    """The two mutators have names of their own."""
    return re.sub(r"Set-[0-9a-f]{8}", "Set", reason)


def _left(desk: Desk, people: list[str]) -> list[Any]:
    """Every value with its purposes, and how often consent was given or taken, by person and column."""
    names = {number: name for name, number in desk.book.numbers.items()}
    with in_environment(desk.book.environment.id):
        values = Value.objects.filter(subject__public_id__in=people).select_related("subject", "column")
        stored = [
            (
                people.index(str(v.subject.public_id)),
                v.column.name,
                v.ordinal,
                v.state,
                sorted(names[p] for p in v.purposes),
                (v.expires, v.consent_ends, len(v.since), v.retain_until),
                (v.blind is None, v.blind_version, v.is_unique_key, v.version),
            )
            for v in values
        ]
        subjects = Subject.objects.filter(public_id__in=people)
        known = {s.pk: people.index(str(s.public_id)) for s in subjects}
        versions = sorted((known[s.pk], s.version) for s in subjects)
        history = [
            (known[c.subject_id], names[c.purpose_id], c.permitted, c.until, c.legal_basis, c.text_version, c.by_kind)
            for c in ConsentRecord.objects.filter(subject_id__in=list(known))
        ]
    return [versions, sorted(stored), sorted(history), [desk.rows(who) for who in people]]
