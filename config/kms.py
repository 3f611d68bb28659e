"""Which key managements wrap and unwrap root keys, by environment variables: the first wraps, all unwrap."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import environ


def kms_providers(env: environ.Env, *, keyring_file: Path, passphrase: str) -> list[dict[str, Any]]:
    """Return `KMS_PROVIDERS` in the order of SEALBOOK_KMS; an unknown name is a `KeyError`."""
    known = {
        "local": {
            "name": "local",
            "backend": "keyring.kms.local.LocalKms",
            "options": {"path": str(keyring_file), "passphrase": passphrase},
        },
        "transit": {
            "name": "transit",
            "backend": "keyring.kms.transit.TransitKms",
            "options": {
                "address": env("SEALBOOK_TRANSIT_ADDRESS", default=""),
                "key": env("SEALBOOK_TRANSIT_KEY", default="sealbook"),
                "mount": env("SEALBOOK_TRANSIT_MOUNT", default="transit"),
                "namespace": env("SEALBOOK_TRANSIT_NAMESPACE", default=""),
                "token_file": env("SEALBOOK_TRANSIT_TOKEN_FILE", default=""),
                "role_id": env("SEALBOOK_TRANSIT_ROLE_ID", default=""),
                "secret_id_file": env("SEALBOOK_TRANSIT_SECRET_ID_FILE", default=""),
                "approle_mount": env("SEALBOOK_TRANSIT_APPROLE_MOUNT", default="approle"),
                "ca": env("SEALBOOK_TRANSIT_CA", default=""),
                "seconds": env.float("SEALBOOK_TRANSIT_SECONDS", default=5.0),
            },
        },
    }
    return [known[name] for name in env.list("SEALBOOK_KMS", default=["local"])]
