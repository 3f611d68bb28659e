"""What the demo leaves for the person at the terminal: accounts to sign in with and a file of shell variables."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from config.embedded.state import StateDirectory, write_private

TENANT_URL = "USERCLOUDS_TENANT_URL"
CLIENT_ID = "USERCLOUDS_CLIENT_ID"
CLIENT_SECRET = "USERCLOUDS_CLIENT_SECRET"  # noqa: S105  the variable's name; the vendor's client reads these three


@dataclass(frozen=True)
class Credentials:
    """What `manage.py demo --credentials-file F` wrote: secrets are there only in the run that made them.

    The file is JSON: `{"operators": [{"name", "password", "role"}], "client": {"id", "secret"}}`; each part may be
    absent.
    """

    operators: list[dict[str, str]] = field(default_factory=list)
    client: dict[str, str] = field(default_factory=dict)


def take_credentials(path: Path) -> Credentials:
    """Read the file and delete it; empty where the demo had nothing new to tell."""
    try:
        found: dict[str, Any] = json.loads(path.read_text() or "{}")
    except FileNotFoundError:
        return Credentials()
    finally:
        path.unlink(missing_ok=True)
    return Credentials(operators=found.get("operators", []), client=found.get("client", {}))


def write_demo_env(state: StateDirectory, *, url: str, client: dict[str, str]) -> Path | None:
    """Write the file that `. .sealbook/demo.env` reads; a later run keeps the client and renews the address.

    Returns None where there is no demo client to write down.
    """
    path = state.root / "demo.env"
    values = _read_exports(path)
    if client:
        values |= {CLIENT_ID: client["id"], CLIENT_SECRET: client["secret"]}
    if CLIENT_ID not in values:
        return None
    values |= {"SEALBOOK_URL": url, TENANT_URL: url}
    order = ("SEALBOOK_URL", TENANT_URL, CLIENT_ID, CLIENT_SECRET)
    write_private(path, "".join(f"export {name}={shlex.quote(values[name])}\n" for name in order))
    return path


def _read_exports(path: Path) -> dict[str, str]:
    try:
        words = shlex.split(path.read_text(), comments=True)
    except FileNotFoundError:
        return {}
    return dict(word.split("=", 1) for word in words if "=" in word)
