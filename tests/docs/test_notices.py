"""docs/notices.md: its check of a signature, and its list of notices."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from governance.actions.access_reviews import OVERDUE
from governance.notices.signing import key_in, new_webhook_secret, signed_headers
from governance.notices.wording import KINDS
from tests.docs.blocks import ROOT, blocks

PAGE = "docs/notices.md"


def test_the_check_of_the_page_takes_our_messages_and_no_others() -> None:
    (program,) = blocks(PAGE, "python")
    known: dict[str, Any] = {}
    exec(program, known)  # noqa: S102  the program of our own page
    check, secret, body = known["is_from_sealbook"], new_webhook_secret().reveal(), b'{"type": "webhook.test"}'
    key, other = key_in(secret), key_in(new_webhook_secret().reveal())
    assert key and other
    now = datetime.now(UTC)
    assert check(secret, signed_headers("msg_1", body, keys=[other, key], at=now), body)
    assert not check(secret, signed_headers("msg_1", body, keys=[other], at=now), body)
    assert not check(secret, signed_headers("msg_1", body, keys=[key], at=now), body + b" ")
    assert not check(secret, signed_headers("msg_1", body, keys=[key], at=datetime(2020, 1, 1, tzinfo=UTC)), body)


def test_every_notice_that_is_left_is_put_into_words() -> None:
    left = {
        kind
        for path in (ROOT / "governance" / "actions").glob("*.py")
        for kind in re.findall(r'\.tell(?:_grantee)?\(\s*"([a-z_.]+)"', path.read_text())
    }
    assert "request.submitted" in left and left | {OVERDUE} == set(KINDS)


def test_the_page_lists_every_kind_of_notice() -> None:
    listed = {
        kind
        for line in (ROOT / PAGE).read_text().splitlines()
        if line.startswith("| `")
        for kind in re.findall(r"`([a-z]+\.[a-z_]+)`", line.split("|")[1])
    }
    assert listed == set(KINDS)
