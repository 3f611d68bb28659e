"""The keys that sign access tokens, opened; `governance.actions.signing` makes and rotates them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.db.models import Q
from django.utils import timezone

from governance.models import SigningKey
from keyring.sealed_secrets import open_sealed_secret
from keyring.walls import SYSTEM_ENVIRONMENT, in_environment

_opened: dict[UUID, ec.EllipticCurvePrivateKey] = {}


def private_key_of(key: SigningKey) -> ec.EllipticCurvePrivateKey:
    """Open the private half; kept per process."""
    found = _opened.get(key.id)
    if found is None:
        with in_environment(SYSTEM_ENVIRONMENT):
            der = open_sealed_secret(SYSTEM_ENVIRONMENT, key.secret_id)
        loaded = serialization.load_der_private_key(der, password=None)
        if not isinstance(loaded, ec.EllipticCurvePrivateKey):
            raise TypeError("a signing key is an elliptic curve key")
        found = _opened[key.id] = loaded
    return found


def public_keys(*, now: datetime | None = None) -> list[dict[str, Any]]:
    """List the JWKs that verify now."""
    now = now or timezone.now()
    live = SigningKey.objects.filter(Q(retires_at=None) | Q(retires_at__gt=now)).order_by("-created_at")
    return [key.public_jwk for key in live]
