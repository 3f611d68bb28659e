"""The lines of code that do what the page just did."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

_SIGN_IN = """TOKEN=$(curl -s -u "$USERCLOUDS_CLIENT_ID:$USERCLOUDS_CLIENT_SECRET" \\
  -d grant_type=client_credentials "$SEALBOOK_URL/oidc/token" |
  python3 -c 'import json, sys; print(json.load(sys.stdin)["access_token"])')"""
_READ = """curl -s -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\
  -d '{{"accessor_id": "{accessor}", "selector_values": [["{subject}"]], "context": {{}}}}' \\
  "$SEALBOOK_URL/userstore/api/accessors" """
_SWITCH = """curl -s -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\
  -d '{{"user_id": "{subject}", "value_id": "{value}", "purpose": "{purpose}", "permitted": {permitted}}}' \\
  "$SEALBOOK_URL/userstore/api/consents" """
_SDK = """import uuid
from usercloudssdk.client import Client

client = Client.from_env()
rows = client.ExecuteAccessor(
    accessor_id=uuid.UUID("{accessor}"),  # {name}
    context={{}},
    selector_values=[["{subject}"]],
)
print(rows["data"])"""


def snippets_for(
    columns: Sequence[Any], subject_ids: Sequence[UUID], flipped: tuple[UUID, UUID, str, bool] | None
) -> dict[str, str]:
    """Give `curl` and Python lines for the last switch, or for the first read of the board."""
    if not columns or not subject_ids:
        return {}
    column, subject = columns[0], subject_ids[0]
    parts = [_SIGN_IN]
    if flipped is not None:
        subject, value, purpose, permitted = flipped
        column = next((c for c in columns if purpose in c.purpose), column)
        parts.append(
            _SWITCH.format(subject=subject, value=value, purpose=purpose, permitted=str(permitted).lower()).rstrip()
        )
    parts.append(_READ.format(accessor=column.accessor_id, subject=subject).rstrip())
    return {
        "curl": "\n".join(parts),
        "python": _SDK.format(accessor=column.accessor_id, name=column.name, subject=subject),
    }
