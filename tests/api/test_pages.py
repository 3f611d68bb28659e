"""Pages through the API as the vendor's sample walks them: fifty users, pages of 25, four ways."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest

from governance.identities import system_caller
from tests import cast
from tests.api.calling import ALLOW_ALL, Line, Scene, body, line_of, new_scene, operational
from userstore.actions.accessors import AccessorSpec, OutputSpec, publish_accessor
from userstore.actions.columns import ColumnSpec, define_column
from userstore.actions.mutators import InputSpec, MutatorSpec, publish_mutator

pytestmark = pytest.mark.django_db

ID_COLUMN = UUID("b1d12a3e-dbf7-4405-b5fc-7e3919d8e089")
MAILS = [f"PyTest_User_{number:0>2}@example.org" for number in range(50)]


class Sample:
    """The users and the accessor of the vendor's sample."""

    def __init__(self) -> None:
        self.scene: Scene = new_scene()
        self.line = self.scene.line
        environment = self.scene.environment
        system = system_caller(environment.id)
        column = define_column(system, spec=ColumnSpec("PyTest_email", "email")).public_id
        mutator = publish_mutator(system, spec=MutatorSpec("SetMail", "{id} = ?", (InputSpec(column),), ALLOW_ALL))
        outputs = OutputSpec(ID_COLUMN), OutputSpec(column)
        spec = AccessorSpec("Pages", "{id} = ANY(?)", outputs, (operational(environment),), ALLOW_ALL)
        self.accessor = publish_accessor(system, spec=spec).public_id
        self.users = [body(self.line.post("/userstore/api/users", self._user(mutator.public_id, m))) for m in MAILS]

    def _user(self, mutator: UUID, mail: str) -> dict[str, Any]:
        change = {"value": mail, "purpose_additions": [{"Name": "operational"}]}
        return {"mutator_id": str(mutator), "context": {}, "row_data": {"PyTest_email": change}}

    def page(self, line: Line, **asked: str) -> Any:
        query = urlencode({"limit": 25, "sort_key": "PyTest_email,id", **asked})
        read = {"accessor_id": str(self.accessor), "context": {}, "selector_values": [self.users]}
        return line.post(f"/userstore/api/accessors?{query}", read)

    def mails(self, page: Any) -> list[str]:
        return [json.loads(row)["PyTest_email"] for row in page["data"]]


def test_fifty_users_are_25_and_25_sorted_in_four_directions_and_the_outsider_sees_none() -> None:
    sample = Sample()
    for order, expected in (("ascending", MAILS), ("descending", MAILS[::-1])):
        first = body(sample.page(sample.line, starting_after="", sort_order=order))
        assert (sample.mails(first), first["has_next"], first["has_prev"]) == (expected[:25], True, False)
        assert first["prev"] == ""
        second = body(sample.page(sample.line, starting_after=first["next"], sort_order=order))
        assert (sample.mails(second), second["has_next"], second["has_prev"]) == (expected[25:], False, True)
        assert second["next"] == "end"
        last = body(sample.page(sample.line, ending_before="end", sort_order=order))
        assert (sample.mails(last), last["has_next"], last["has_prev"]) == (expected[25:], False, True)
        before = body(sample.page(sample.line, ending_before=last["prev"], sort_order=order))
        assert (sample.mails(before), before["has_next"], before["has_prev"]) == (expected[:25], True, False)
        assert "@" not in first["next"] + last["prev"]
    assert sample.page(sample.line, starting_after="", ending_before="end").status_code == 400
    assert sample.page(sample.line, limit="1501").status_code == 400
    outsider = line_of(cast.new_player(sample.scene.environment, "outsider"))
    refused = sample.page(outsider, starting_after="")
    assert refused.status_code == 403
    assert "@" not in refused.content.decode()
