"""Fixed contexts for the pages, so that every state they can show is looked at, also those the demo never reaches."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

AT = datetime(2026, 11, 23, 9, 41, 7, tzinfo=UTC)
ACCESSORS = [
    {
        "name": "GetPhoneForAuthentication",
        "purpose": "authentication",
        "client": "login-service",
        "description": "Codes for signing in.",
    },
    {
        "name": "GetPhoneForMarketing",
        "purpose": "marketing",
        "client": "campaign-job",
        "description": "Text alerts and offers.",
    },
    {
        "name": "GetPhoneTokensForIntegrity",
        "purpose": "integrity",
        "client": "fraud-analysis",
        "description": "Tokens of phone format, never numbers.",
    },
]
CURL = """curl -sS "$SEALBOOK_URL/userstore/api/accessors" \\
  -H "Authorization: Bearer $TOKEN" \\
  -H "Content-Type: application/json" \\
  -d '{"accessor_id": "0d6e…", "selector_values": ["7c1f…"]}'"""
PYTHON = """from usercloudssdk.client import Client

client = Client.from_env()
rows = client.ExecuteAccessor(
    accessor_id, {}, ["7c1f…"],
)
print(rows)"""


def _value(number: str, *permitted: str) -> dict[str, Any]:
    purposes = ("authentication", "marketing", "integrity")
    return {
        "id": f"value{number[-2:]}",
        "shown": number,
        "purposes": [
            {"name": name, "permitted": name in permitted, "url": f"/board/{number[-2:]}/{name}/"} for name in purposes
        ],
    }


def _cell(accessor: int, state: str, *shown: str, reason: str = "") -> dict[str, Any]:
    return {"accessor": ACCESSORS[accessor]["name"], "state": state, "shown": list(shown), "reason": reason}


def _entry(kind: str, outcome: str, actor: str, **facts: str) -> dict[str, Any]:
    return {
        "id": "0192f5c4-77aa-7d30-9c1b-5d0f6a1be001",
        "kind": kind,
        "outcome": outcome,
        "at": AT,
        "actor": actor,
        "facts": list(facts.items()),
        "decision": "4f0c2b7e-2f3a-4c11-9a65-0c8a1d1f9b10",
        "how": "consent board",
    }


def demo_board() -> dict[str, Any]:
    """Four invented people in every state that consent alone can bring about."""
    entry = _entry(
        "userstore.consent.withdrawn",
        "done",
        "officer@example.com",
        subject="9f2c41e07b6d4d8e8f1a3c5b7d9e0f12",
        purpose="marketing",
        column="phone",
    )
    return {
        "environment": {"name": "demo", "protected": False, "frozen": False, "synthetic": True},
        "accessors": ACCESSORS,
        "subjects": [
            {
                "id": "s1",
                "name": "Ada Example",
                "values": [
                    _value("+49 151 •••• ••01", "authentication", "integrity"),
                    _value("+49 151 •••• ••02", "marketing", "integrity"),
                ],
                "cells": [
                    _cell(0, "value", "+49 151 •••• ••01"),
                    _cell(1, "value", "+49 151 •••• ••02"),
                    _cell(2, "token", "+49 184 7720 4415", "+49 163 0951 8830"),
                ],
            },
            {
                "id": "s2",
                "name": "Bo Sample",
                "values": [_value("+1 202 555 ••03", "authentication", "integrity")],
                "cells": [
                    _cell(0, "value", "+1 202 555 ••03"),
                    _cell(1, "withheld", reason="no consent for marketing"),
                    _cell(2, "token", "+1 847 555 0192"),
                ],
            },
            {
                "id": "s3",
                "name": "Cleo Muster",
                "values": [_value("+44 7700 ••••04", "marketing")],
                "cells": [
                    _cell(0, "withheld", reason="no consent for authentication"),
                    _cell(1, "value", "+44 7700 ••••04"),
                    _cell(2, "withheld", reason="no consent for integrity"),
                ],
            },
            {
                "id": "s4",
                "name": "Dana Beispiel",
                "values": [],
                "cells": [_cell(0, "empty"), _cell(1, "empty"), _cell(2, "empty")],
            },
        ],
        "entry": entry,
        "entries": [
            entry,
            _entry("userstore.accessor.executed", "done", "login-service"),
            _entry("userstore.accessor.executed", "refused", "outsider"),
            _entry("userstore.token.resolved", "failed", "fraud-analysis"),
        ],
        "snippets": {"curl": CURL, "python": PYTHON},
    }


def flipped_board(url: str, purpose: str, *, permitted: bool) -> dict[str, Any]:
    """The demo board after one flip of the switch that posts to `url`."""
    board = demo_board()
    accessor = [offered["purpose"] for offered in ACCESSORS].index(purpose)
    for subject in board["subjects"]:
        for value in subject["values"]:
            for switch in value["purposes"]:
                if switch["url"] == url:
                    switch["permitted"] = permitted
                    subject["cells"][accessor] = (
                        _cell(accessor, "value", value["shown"])
                        if permitted
                        else _cell(accessor, "withheld", reason=f"no consent for {purpose}")
                    )
    return board


def frozen_board() -> dict[str, Any]:
    """A protected, frozen environment: no accessor gives anything, and a refusal is the newest entry."""
    board = demo_board()
    board["environment"] = {"name": "production", "protected": True, "frozen": True}
    for subject in board["subjects"][:2]:
        subject["cells"] = [_cell(n, "frozen", reason="environment frozen") for n in range(3)]
    board["subjects"][2]["cells"] = [_cell(n, "refused", reason="no right to this accessor") for n in range(3)]
    board["entry"] = _entry("userstore.accessor.executed", "refused", "login-service", reason="environment frozen")
    return board


def empty_board() -> dict[str, Any]:
    """An environment nobody has configured yet."""
    return {
        "environment": {"name": "dev", "protected": False, "frozen": False},
        "accessors": [],
        "subjects": [],
        "entry": None,
        "entries": [],
        "snippets": {},
    }


DASHBOARD: dict[str, Any] = {
    "cards": [
        {"label": "Environments", "value": 2, "hint": "1 protected", "url": "#environments"},
        {"label": "Clients", "value": 5, "hint": "1 disabled", "url": "#clients"},
        {"label": "Open freezes", "value": 1, "hint": "purpose marketing in demo", "url": "#freezes"},
        {"label": "Reads in 24 h", "value": 1204, "hint": "37 refused", "url": "#reads"},
    ],
    "refusals": [
        {"at": AT, "kind": "userstore.accessor.executed", "actor": "outsider", "reason": "no right", "url": "#e1"},
        {"at": AT, "kind": "governance.token.issued", "actor": "campaign-job", "reason": "client disabled", "url": ""},
    ],
    "unclassified": [{"name": "nickname", "environment": "demo", "url": "#c1"}],
}
