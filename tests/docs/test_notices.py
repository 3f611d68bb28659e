"""docs/notices.md: its check of a signature, and its list of notices."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from governance.notices.signing import key_in, new_webhook_secret, signed_headers
from governance.notices.wording import KINDS, page_about
from tests.docs.blocks import ROOT, blocks

PAGE = "docs/notices.md"
ABOUT = uuid4()


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


def test_every_notice_that_is_left_is_put_into_words_and_leads_somewhere() -> None:
    texts = [path.read_text() for path in (ROOT / "governance" / "actions").glob("*.py")]
    told = {kind for text in texts for kind in re.findall(r'\.tell(?:_grantee)?\(\s*"([a-z_.]+)"', text)}
    assert "request.submitted" in told and told <= set(KINDS)
    for kind in KINDS:
        assert any(f'"{kind}"' in text for text in texts), f"nobody is told {kind} any more"
        assert page_about(kind, ABOUT).startswith("http")


def test_the_page_lists_every_kind_of_notice() -> None:
    listed = {
        kind
        for line in (ROOT / PAGE).read_text().splitlines()
        if line.startswith("| `")
        for kind in re.findall(r"`([a-z_]+\.[a-z_]+)`", line.split("|")[1])
    }
    assert listed == set(KINDS)
