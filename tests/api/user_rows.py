"""The rows of what surrounds users in the isolation matrix: regions, generated code, issuers, identities."""

from __future__ import annotations

from uuid import UUID

from governance.actions.issuers import admit_identity, list_issuers
from governance.identities import system_caller
from tests import cast
from tests.api.rows import Row

ISSUER = "https://login.example.com"


def user_rows() -> list[Row]:
    """One issuer with one identity is there."""
    return [
        Row("GET", "userstore/config/regions", abroad=200),
        Row("GET", "userstore/download/codegensdk.py", abroad=200),
        Row("GET", "userstore/oidcissuers", abroad=200),
        Row("PUT", "userstore/oidcissuers", ["http://login.example.com"], service=400, abroad=400),
        Row("GET", "governance/external-identities", abroad=200),
        Row("POST", "governance/external-identities", {"issuer": ""}, service=400, abroad=400),
        Row("DELETE", "governance/external-identities/<uuid:identity_id>", service=204),
    ]


def planted_identity(player: cast.Player) -> UUID:
    """Let everybody whom an issuer names call as a client."""
    system = system_caller(player.client.environment_id)
    list_issuers(system, urls=[ISSUER])
    return admit_identity(system, issuer=ISSUER, client_id=player.client.public_id).public_id
