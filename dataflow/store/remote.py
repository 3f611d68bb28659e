"""The store of a server, asked over its API as one of its clients."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from dataflow.store.calls import CallRefused, Server, ServerAway
from dataflow.store.parts import parts
from dataflow.store.protocol import StoreAway, StoreRefuses, ValuesRefused

_LATER = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Answers after which the same call may go well."""
_OF_VALUES = frozenset({400, 409, 413, 422})
"""Answers to what was given, not to who gives it."""
_STRANGE = "its answer is of another form"


class RemoteStore:
    """The store as a client of a server sees it, for any number of threads. Nothing is remembered between batches."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def sign_in(self) -> None:
        """Find out now whether the server knows the client. Raises `CallRefused` and `ServerAway`."""
        self._server.sign_in()

    def tokenize(self, data: Sequence[str], *, transformer: str, policy: str) -> list[str]:
        """Return a token for each text."""
        by = {"transformer_rid": {"name": transformer}, "access_policy_rid": {"name": policy}}
        made: list[str] = []
        for some in parts(data):
            told = self._asked("/tokenizer/tokens/actions/create", {"data": some, **by})
            made += self._texts(told, "tokens", some)
        return made

    def resolve(self, tokens: Sequence[str], *, purpose: str) -> list[str]:
        """Return what each token stands for."""
        purposes = [{"name": purpose}] if purpose else []
        found: list[str] = []
        for some in parts(tokens):
            told = self._asked("/tokenizer/tokens/actions/resolve", {"tokens": some, "purposes": purposes})
            rows = [each for each in told if isinstance(each, Mapping)] if isinstance(told, list) else []
            if [each.get("token") for each in rows] != some:
                raise StoreAway(_STRANGE)
            found += self._texts({"data": [each.get("data") for each in rows]}, "data", some)
        return found

    def permitted(self, subjects: Collection[UUID], *, purpose: str) -> set[UUID]:
        """Return for which people a purpose is permitted now."""
        permitted: set[UUID] = set()
        for some in parts(sorted(subjects)):
            asked = {"user_ids": [str(each) for each in some], "purpose": {"name": purpose}}
            told = self._asked("/userstore/api/consents/check", asked)
            named = told.get("user_ids") if isinstance(told, Mapping) else None
            if not isinstance(named, list):
                raise StoreAway(_STRANGE)
            texts = {each for each in named if isinstance(each, str)}
            permitted |= {each for each in some if str(each) in texts}
        return permitted

    def _asked(self, path: str, body: Mapping[str, Any]) -> Any:
        try:
            return self._server.ask("POST", path, body)
        except ServerAway as away:
            raise StoreAway(type(away).__name__) from away
        except CallRefused as refused:
            if refused.status in _LATER:
                raise StoreAway(f"it answered {refused.status}") from refused
            kind = ValuesRefused if refused.status in _OF_VALUES else StoreRefuses
            raise kind(f"it answered {refused.status}") from refused

    @staticmethod
    def _texts(told: Any, name: str, asked: Sequence[str]) -> list[str]:
        """Return one text for each that was asked about: one too few would give some to others."""
        texts = told.get(name) if isinstance(told, Mapping) else None
        if not isinstance(texts, list) or len(texts) != len(asked) or not all(isinstance(each, str) for each in texts):
            raise StoreAway(_STRANGE)
        return texts
