"""Tokens with which a CI says which of its jobs is running (the claims are those of GitHub Actions).

They are exchanged once for a session token. Ids are believed and names are not: a name can be given up and taken.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from governance.provenance.policy import CiJob
from governance.standing import Standing
from governance.tokens.external import (
    LEEWAY_SECONDS,
    claimed_by,
    invalid_token,
    pinned_key,
    standing_claimed,
    verified_claims,
)

LONGEST_JTI = 128
LONGEST_LIFE = timedelta(hours=1)
_is_commit = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}").fullmatch


@dataclass(frozen=True, slots=True)
class JobToken:
    """A verified token of a job. Whether it was used before, and may be used at all, is seen afterwards."""

    standing: Standing
    job: CiJob
    proof: str
    expires_at: datetime


def verified_job(token: str, *, now: datetime) -> JobToken:
    """Verify a token of the CI against the keys that are pinned for its issuer; none are fetched.

    Raises:
        Unauthenticated: not from an issuer with pinned keys, not for an environment of ours, expired, without a `jti`,
            or not what it says: always the same words.
    """
    claimed = claimed_by(token)
    standing = standing_claimed(claimed)
    key = pinned_key(standing, claimed)
    if key is None:
        raise invalid_token()
    claims = verified_claims(token, claimed, key, now.timestamp())
    life = float(claims["exp"]) - float(claims["iat"])
    if not 0 < life <= LONGEST_LIFE.total_seconds():
        raise invalid_token()
    return JobToken(
        standing=standing,
        job=_job(claimed.issuer, claims),
        proof=f"jti\n{claimed.issuer}\n{_text(claims, 'jti', longest=LONGEST_JTI)}",
        expires_at=datetime.fromtimestamp(float(claims["exp"]), UTC) + timedelta(seconds=LEEWAY_SECONDS),
    )


def _job(issuer: str, claims: Mapping[str, Any]) -> CiJob:
    commit = _text(claims, "sha")
    if not _is_commit(commit):
        raise invalid_token()
    return CiJob(
        issuer=issuer,
        repository_id=_text(claims, "repository_id"),
        workflow=_text(claims, "job_workflow_ref"),
        environment=str(claims.get("environment") or ""),
        is_ref_protected=claims.get("ref_protected") in (True, "true"),
        commit=commit,
    )


def _text(claims: Mapping[str, Any], name: str, *, longest: int = 512) -> str:
    found = claims.get(name)
    if not isinstance(found, str) or not 0 < len(found) <= longest:
        raise invalid_token()
    return found
