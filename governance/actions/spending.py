"""Proofs that open something once."""

from __future__ import annotations

import hashlib
from datetime import datetime
from uuid import UUID

from django.db import connection

from governance.models import SpentProof
from keyring.walls import in_environment

_SPEND = (
    "insert into governance_spentproof (environment_id, digest, expires_at) values (%s, %s, %s) "
    "on conflict (environment_id, digest) do nothing"
)


def spend(*, environment_id: UUID, proof: str, expires_at: datetime, now: datetime) -> bool:
    """Use a proof up; false if somebody has used it before, in whichever process. What is over anyway is forgotten.

    It counts as used from here on, whatever becomes of the call.
    """
    digest = hashlib.sha256(proof.encode()).digest()
    with in_environment(environment_id):
        SpentProof.objects.filter(expires_at__lt=now).delete()
        with connection.cursor() as cursor:
            cursor.execute(_SPEND, [environment_id, digest, expires_at])
            return bool(cursor.rowcount)
