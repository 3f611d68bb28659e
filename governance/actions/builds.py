"""Registering builds that the CI signed, and withdrawing them."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from audit.recorder import append
from governance import events
from governance.actions.change import containment
from governance.actions.clearing import cleared
from governance.authorization import refusal
from governance.errors import Invalid, NotFound
from governance.identities import Caller
from governance.models import CiKey, TrustedBuild
from governance.provenance.dsse import Envelope, read_envelope, signer_of
from governance.provenance.keys import read_public_key
from governance.provenance.reasons import Because
from governance.provenance.statements import Provenance, read_provenance

CLOCKS_DIFFER = timedelta(minutes=5)
"""How far a builder's clock may be ahead of ours."""


def register_build(caller: Caller, *, envelope: str, now: datetime | None = None) -> list[TrustedBuild]:
    """Register every artifact of a provenance that a pinned key of the CI signed; a second time gives the same rows.

    Whoever may `register` brings the envelope; what is believed is the key's signature, so nobody configures by it.

    Args:
        envelope: the DSSE envelope as JSON; it is kept whole.

    Raises:
        Invalid: no envelope, or no provenance inside.
        Refused: nobody pinned signed it (`build.tampered`), a key that was withdrawn did, or one of another builder.
    """
    now = now or timezone.now()
    with cleared(caller, "register", events.BUILD_REGISTERED, now=now) as clearance:
        opened = read_envelope(envelope)
        key = _signer(opened)
        stated = read_provenance(opened.payload_type, opened.payload)
        if stated.builder_id != key.builder_id:
            raise refusal(str(Because.BUILDER))
        if stated.built_at > now + CLOCKS_DIFFER:
            raise Invalid("The signed payload tells a time that has not come.", field="envelope")
        builds = _kept(caller.environment_id, key, stated, envelope, hashlib.sha256(opened.signed).hexdigest(), now)
        for build in builds:
            append(
                events.BUILD_REGISTERED,
                environment_id=caller.environment_id,
                actor=caller.actor,
                facts=_told(build),
                decision_id=clearance.decision_id,
            )
    return builds


def withdraw_build(caller: Caller, *, build_id: UUID) -> TrustedBuild:
    """Take the registration of a build back: its artifact is refused from the next check on, whoever built it again.

    It stops access, so it waits for no second person.

    Raises:
        NotFound: there is no such build.
    """
    with containment(caller, events.BUILD_WITHDRAWN) as change:
        build = TrustedBuild.objects.select_related("key").filter(public_id=build_id).first()
        if build is None:
            raise NotFound("There is no such build.", field="id")
        build.withdrawn_at = build.withdrawn_at or change.now
        build.save(update_fields=["withdrawn_at"])
        change.facts.update(_told(build))
    return build


def _signer(envelope: Envelope) -> CiKey:
    keys = list(CiKey.objects.order_by("withdrawn_at", "pk"))
    live = [(key, read_public_key(key.public_key)) for key in keys if key.withdrawn_at is None]
    found = signer_of(envelope, live)
    if found is not None:
        return found
    gone = [(key, read_public_key(key.public_key)) for key in keys if key.withdrawn_at is not None]
    raise refusal(str(Because.KEY_WITHDRAWN if signer_of(envelope, gone) else Because.TAMPERED))


def _kept(
    environment_id: UUID, key: CiKey, stated: Provenance, envelope: str, envelope_digest: str, now: datetime
) -> list[TrustedBuild]:
    """Keep what is new. Rows are known by what was signed, so that other bytes around it make no new row."""
    known = {
        each.digest: each for each in TrustedBuild.objects.select_related("key").filter(envelope_digest=envelope_digest)
    }
    made: dict[str, TrustedBuild] = {}
    for artifact in stated.artifacts:
        made[artifact.digest] = known.get(artifact.digest) or made.get(artifact.digest) or TrustedBuild.objects.create(
            environment_id=environment_id, key=key, digest=artifact.digest, name=artifact.name,
            builder_id=stated.builder_id, build_type=stated.build_type, build_level=key.build_level,
            repository=stated.repository, repository_id=stated.repository_id, ref=stated.ref,
            is_ref_protected=stated.is_ref_protected, commit=stated.commit, built_at=stated.built_at,
            envelope=envelope, envelope_digest=envelope_digest, verified_at=now,
        )  # fmt: skip
    return list(made.values())


def _told(build: TrustedBuild) -> dict[str, object]:
    return {
        "build": build.public_id,
        "digest": build.digest,
        "commit": build.commit,
        "builder": build.builder_id,
        "repository_id": build.repository_id,
    }
