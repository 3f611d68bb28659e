"""Making and rotating the keys that sign access tokens (ES256, RFC 7518), without an interruption."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.db import connection
from django.utils import timezone
from jwt.algorithms import ECAlgorithm

from audit.actors import Actor
from audit.recorder import append
from governance import events
from governance.models import SigningKey
from keyring.actions import create_sealed_secret, ensure_environment_key, ensure_key
from keyring.keys import KeyKind
from keyring.walls import SYSTEM_ENVIRONMENT, in_environment

_LOCK = 733201
"""Advisory lock: two processes that start on an empty database make one key, not two."""


def ensure_signing_key() -> SigningKey:
    """Return the newest signing key, making the first one and the system environment's keys on an empty database."""
    newest = _newest()
    if newest is not None:
        return newest
    with in_environment(SYSTEM_ENVIRONMENT):
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(%s)", [_LOCK])
        return _newest() or _make()


def rotate_signing_key(actor: Actor, *, now: datetime | None = None) -> SigningKey:
    """Make a new signing key. The former ones verify until every token they signed has expired."""
    now = now or timezone.now()
    with in_environment(SYSTEM_ENVIRONMENT):
        retires_at = now + timedelta(seconds=settings.GOVERNANCE_TOKEN_SECONDS + 60)
        retired = SigningKey.objects.filter(retires_at=None).update(retires_at=retires_at)
        key = _make()
        append(
            events.SIGNING_KEY_ROTATED,
            environment_id=SYSTEM_ENVIRONMENT,
            actor=actor,
            facts={"key": key.id, "retired": retired},
        )
    return key


def _newest() -> SigningKey | None:
    return SigningKey.objects.filter(retires_at=None).order_by("-created_at").first()


def _make() -> SigningKey:
    ensure_environment_key(environment_id=SYSTEM_ENVIRONMENT)
    for kind in (KeyKind.TEXT, KeyKind.FINGERPRINT):
        ensure_key(environment_id=SYSTEM_ENVIRONMENT, kind=kind)
    private = ec.generate_private_key(ec.SECP256R1())
    der = private.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    key_id = uuid4()
    secret_id = create_sealed_secret(
        environment_id=SYSTEM_ENVIRONMENT, kind=KeyKind.SIGNING, scope=str(key_id), secret=der
    )
    jwk = ECAlgorithm.to_jwk(private.public_key(), as_dict=True)
    public = {**jwk, "kid": str(key_id), "use": "sig", "alg": "ES256"}
    return SigningKey.objects.create(id=key_id, secret_id=secret_id, public_jwk=public)
