"""Marks in what people write about temporary access; afterwards nothing that lies anywhere has one."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest

from audit.queries import entries
from keyring.walls import SYSTEM_ENVIRONMENT
from tests import test_no_plaintext
from tests.plaintext import Marks, in_bytes, searched
from tests.plaintext_access import drive_access

pytestmark = pytest.mark.django_db(transaction=True)

log, marks = test_no_plaintext.log, test_no_plaintext.marks
"""Fixtures."""


def test_no_mark_that_somebody_wrote_about_access_is_left_anywhere(
    marks: Marks, role_url: Callable[[str], str], capfd: pytest.CaptureFixture[str], log: io.StringIO
) -> None:
    desk_id = drive_access(marks)

    assert searched(role_url, marks.forms) == {}
    printed = "".join(capfd.readouterr()) + log.getvalue()
    assert '"route":"access/requests/<uuid:request_id>/hand-on"' in printed, "requests were not even logged"
    assert in_bytes(printed.encode(), marks.forms) == set()
    for environment_id in (desk_id, SYSTEM_ENVIRONMENT):
        text = "".join(entry.text for entry in entries(environment_id=environment_id, limit=1500))
        assert text and in_bytes(text.encode(), marks.forms) == set()
