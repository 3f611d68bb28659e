"""Where sessions are kept: under a digest of their key, so that who reads the table or its backup can use none.

`settings.SESSION_ENGINE` names this module. The key itself is in the operator's cookie and nowhere else.
"""

from __future__ import annotations

import hashlib
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.sessions.backends import db
from django.contrib.sessions.base_session import AbstractBaseSession
from django.contrib.sessions.models import Session
from django.utils import timezone

_DIGITS = 40
"""160 bits in hexadecimal, all that the column holds. A key has 165 random bits, so its digest needs no salt."""


def kept_under(session_key: str) -> str:
    """Return the name under which the table keeps a session."""
    return hashlib.sha256(b"sealbook session " + session_key.encode()).hexdigest()[:_DIGITS]


class SessionStore(db.SessionStore):
    """Finds, keeps and ends sessions by a digest of their key.

    What a session holds is signed for its own row: copied into another row it reads as empty, so that whoever can
    write the table cannot make their session somebody else's.
    """

    @property
    def key_salt(self) -> str:
        return f"{super().key_salt}:{kept_under(self.session_key or '')}"

    def exists(self, session_key: str) -> bool:
        return super().exists(kept_under(session_key))

    async def aexists(self, session_key: str) -> bool:
        return await super().aexists(kept_under(session_key))

    def create_model_instance(self, data: dict[str, Any]) -> AbstractBaseSession:
        return _hidden(super().create_model_instance(data))

    async def acreate_model_instance(self, data: dict[str, Any]) -> AbstractBaseSession:
        return _hidden(await super().acreate_model_instance(data))

    def delete(self, session_key: str | None = None) -> None:
        if wanted := session_key or self.session_key:
            super().delete(kept_under(wanted))

    async def adelete(self, session_key: str | None = None) -> None:
        if wanted := session_key or self.session_key:
            await super().adelete(kept_under(wanted))

    def _get_session_from_db(self) -> Session | None:
        wanted = kept_under(self.session_key or "")
        found = Session.objects.filter(session_key=wanted, expire_date__gt=timezone.now()).first()
        if found is None:
            self._session_key = None
        return found

    async def _aget_session_from_db(self) -> Session | None:
        return await sync_to_async(self._get_session_from_db)()


def _hidden(made: AbstractBaseSession) -> AbstractBaseSession:
    made.session_key = kept_under(made.session_key)
    return made
