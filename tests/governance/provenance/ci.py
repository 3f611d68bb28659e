"""A CI of the tests: it builds artifacts and signs what it did, by the words of the specifications."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

BUILDER = "https://ci.example.com/builder@v1"
REPOSITORY_ID = "712305"
COMMIT = "5d1b3c2a9f8e7d6c5b4a39281706f5e4d3c2b1a0"
ARTIFACT = b"#!/bin/sh\necho reviewed\n"
_HASHES = {"secp256r1": hashes.SHA256, "secp384r1": hashes.SHA384}
TYPE = "application/vnd.in-toto+json"


def digest_of(artifact: bytes) -> str:
    return hashlib.sha256(artifact).hexdigest()


def pem_of(private: Any) -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return private.public_key().public_bytes(serialization.Encoding.PEM, form).decode()


@dataclass
class Ci:
    """A builder with its key."""

    private: Any = field(default_factory=ed25519.Ed25519PrivateKey.generate)
    builder: str = BUILDER

    @property
    def public_pem(self) -> str:
        return pem_of(self.private)

    def statement(
        self, artifact: bytes = ARTIFACT, *, built_at: datetime | None = None, commit: str = COMMIT, **source: Any
    ) -> dict[str, Any]:
        """What the builder says; `source` are its own words about the repository."""
        moment = (built_at or datetime.now(UTC)).isoformat()
        return {
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [{"name": "job", "digest": {"sha256": digest_of(artifact)}}],
            "predicateType": "https://slsa.dev/provenance/v1",
            "predicate": {
                "buildDefinition": {
                    "buildType": "https://ci.example.com/make@v1",
                    "externalParameters": {"source": {"repository_id": "1", "ref_protected": True}},
                    "internalParameters": {"source": {"repository_id": REPOSITORY_ID, "ref_protected": True, **source}},
                    "resolvedDependencies": [
                        {
                            "uri": "git+https://git.example.com/shop/jobs@refs/heads/main",
                            "digest": {"gitCommit": commit},
                        }
                    ],
                },
                "runDetails": {"builder": {"id": self.builder}, "metadata": {"finishedOn": moment}},
            },
        }

    def sign(self, statement: dict[str, Any], *, kind: str = TYPE) -> str:
        """Return the envelope as JSON."""
        body = json.dumps(statement).encode()
        message = f"DSSEv1 {len(kind)} {kind} {len(body)} ".encode() + body
        if isinstance(self.private, ed25519.Ed25519PrivateKey):
            signature = self.private.sign(message)
        else:
            signature = self.private.sign(message, ec.ECDSA(_HASHES[self.private.curve.name]()))
        return json.dumps(
            {
                "payload": b64encode(body).decode(),
                "payloadType": kind,
                "signatures": [{"keyid": "a hint", "sig": b64encode(signature).decode()}],
            }
        )

    def build(self, artifact: bytes = ARTIFACT, **told: Any) -> str:
        """Build an artifact and sign its provenance."""
        return self.sign(self.statement(artifact, **told))


def without(statement: dict[str, Any], *path: Any) -> dict[str, Any]:
    """A copy of a statement that lacks one thing."""
    copy = deepcopy(statement)
    place = copy
    for step in path[:-1]:
        place = place[step]
    del place[path[-1]]
    return copy
