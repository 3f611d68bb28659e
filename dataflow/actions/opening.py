"""Opening texts that flows have sealed: under a right, for a purpose that the people permit, on record."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from audit.recorder import append
from dataflow import events
from dataflow.functions.sealing import TEXT_PLACE, sealed_in
from governance.actions.clearing import cleared
from governance.errors import Invalid
from governance.identities import Caller
from keyring.errors import KmsUnavailable, Unsealable
from keyring.keys import KeyKind, OpenKey, key_with_scope
from keyring.sealing import key_id_of
from userstore.actions.consent_checks import permitting

MOST_TEXTS = 1000


def open_texts(
    caller: Caller, *, texts: Sequence[str], purpose: str, use: str = "", now: datetime | None = None
) -> list[str]:
    """Return what up to 1000 sealed texts say; "" where one is none, its person is erased or does not permit it.

    A text of nobody whom the store knew when it was sealed rests on the right alone.

    Args:
        use: as it was sealed for.

    Raises:
        Invalid: too many texts.
        NotFound: there is no such purpose.
        Refused: the caller may not resolve, or the purpose is frozen.
    """
    now = now or timezone.now()
    if len(texts) > MOST_TEXTS:
        raise Invalid(f"Give up to {MOST_TEXTS} texts.", field="texts")
    with cleared(caller, "resolve", events.TEXTS_OPENED, now=now) as clearance:
        sealed = [sealed_in(each) for each in texts]
        keys = {each: _key_of(caller.environment_id, each) for each in {key_id_of(s) for s in sealed if s}}
        people = {found[1] for found in keys.values() if found is not None and found[1] is not None}
        permitted, handles = permitting(clearance.standing, subject_ids=people, purpose=purpose, now=now)
        opened = [_opened(each, keys, permitted, use) for each in sealed]
        append(
            events.TEXTS_OPENED,
            environment_id=caller.environment_id,
            actor=caller.actor,
            facts={
                "subjects": handles,
                "purposes": [purpose],
                "texts": len(texts),
                "opened": sum(bool(each) for each in opened),
            },
            decision_id=clearance.decision_id,
        )
    return opened


Found = tuple[OpenKey, UUID | None]
"""A key, and whose it is; None: the environment's."""


def _key_of(environment_id: UUID, key_id: UUID) -> Found | None:
    try:
        key, scope = key_with_scope(environment_id, key_id, kind=KeyKind.FLOW)
    except KmsUnavailable:
        raise
    except Unsealable:
        return None
    return key, UUID(scope) if scope else None


def _opened(sealed: bytes | None, keys: dict[UUID, Found | None], permitted: set[UUID], use: str) -> str:
    found = keys[key_id_of(sealed)] if sealed else None
    if not sealed or found is None or (found[1] is not None and found[1] not in permitted):
        return ""
    try:
        return found[0].unseal(sealed, TEXT_PLACE + use.encode()).decode(errors="surrogatepass")
    except Unsealable:
        return ""
