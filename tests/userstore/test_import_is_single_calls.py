"""The law of imports: a file leaves what its records would leave, made one by one in their order."""

from __future__ import annotations

import json
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
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
_examples = count()

changes = st.fixed_dictionaries(
    {
        "label": st.sampled_from(["Ada", "", None, 7, "UCCUR-7f55f479-3822-4976-a8a9-b789d5c6f152"]),
        "alias": st.sampled_from(["a", "b", None]),
        "age": st.sampled_from([36, "36", "many", None]),
    }
)
records = st.lists(
    st.tuples(st.integers(0, 3), changes, st.lists(st.sampled_from(PURPOSES), unique=True), st.booleans()),
    min_size=1,
    max_size=8,
)


class Twice:
    """Two environments alike: one is written call by call, the other from files."""

    def __init__(self) -> None:
        self.single, self.bulk = Desk(), Desk()


@pytest.fixture
def twice() -> Twice:
    return Twice()


@given(wanted=records)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_a_file_leaves_what_single_calls_leave(twice: Twice, wanted: list[Any]) -> None:
    mark = f"{next(_examples)}-"
    people = [str(uuid4()) for _ in range(4)]
    calls = [
        ([people[who]] if well else ["nobody"], _row_data(change, purposes, mark))
        for who, change, purposes, well in wanted
    ]
    alone = [_fault(twice.single, *call) for call in calls]
    lines = [json.dumps({"selector_values": values, "row_data": data}) for values, data in calls]
    row = twice.bulk.imported("\n".join(lines).encode(), format=NDJSON, purposes=())
    faults = {line: reason for line, _, reason in twice.bulk.faults(row)}
    assert [faults.get(line, "") for line in range(1, len(calls) + 1)] == alone
    assert _left(twice.bulk, people) == _left(twice.single, people)


def _row_data(change: dict[str, Any], purposes: list[str], mark: str) -> dict[str, Any]:
    given_purposes = [{"name": name} for name in purposes]
    values = {**change, "alias": change["alias"] and mark + change["alias"]}
    return {name: {"value": value, "purpose_additions": given_purposes} for name, value in values.items()}


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
        return str(error)
    return ""


def _left(desk: Desk, people: list[str]) -> list[Any]:
    """Every value with its purposes, and how often consent was given or taken, by person and column."""
    names = {number: name for name, number in desk.book.numbers.items()}
    with in_environment(desk.book.environment.id):
        values = Value.objects.filter(subject__public_id__in=people).select_related("subject", "column")
        stored = [
            (people.index(str(v.subject.public_id)), v.column.name, v.state, sorted(names[p] for p in v.purposes))
            for v in values
        ]
        known = {s.pk: people.index(str(s.public_id)) for s in Subject.objects.filter(public_id__in=people)}
        history = [
            (known[c.subject_id], names[c.purpose_id], c.permitted)
            for c in ConsentRecord.objects.filter(subject_id__in=list(known))
        ]
    return [sorted(known.values()), sorted(stored), sorted(history), [desk.rows(who) for who in people]]
