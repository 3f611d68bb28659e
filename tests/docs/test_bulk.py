"""The programs of docs/bulk.md and docs/visibility.md run as they stand."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest

from governance.actions.environments import define_environment
from tests.cast import NOBODY
from tests.docs.blocks import blocks
from userstore.demo.phone import build_phone_example

PAGES = ("docs/bulk.md", "docs/visibility.md")
pytestmark = pytest.mark.django_db(transaction=True)


def test_the_programs_of_the_pages_say_what_the_pages_show(live_server: Any) -> None:
    admin = build_phone_example(define_environment(NOBODY, name="demo", is_synthetic=True)).clients["admin"]
    environ = {
        **os.environ,
        "SEALBOOK_URL": live_server.url,
        "USERCLOUDS_CLIENT_ID": str(admin.client.public_id),
        "USERCLOUDS_CLIENT_SECRET": admin.secret.reveal(),
    }
    programs, outputs = ([text for page in PAGES for text in blocks(page, kind)] for kind in ("python", "text"))
    for program, shown in zip(programs, outputs, strict=True):
        done = subprocess.run(
            [sys.executable, "-c", program], env=environ, capture_output=True, text=True, timeout=120, check=False
        )
        assert (done.returncode, done.stdout) == (0, shown), done.stderr
