"""The store of this server, asked as a client of one environment: every answer rests on its rights and is on record."""

from __future__ import annotations

import os
from collections import Counter, OrderedDict
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import TypeVar
from uuid import UUID

from django.db import DatabaseError, DataError, close_old_connections

from audit.errors import AuditUnavailable
from dataflow.actions.opening import open_texts
from dataflow.actions.proofs import note_failed_proof
from dataflow.store.parts import parts
from dataflow.store.protocol import StoreAway, StoreRefuses, ValuesRefused
from governance.errors import Conflict, EpochMoved, GovernanceError, Invalid, Throttled, Unavailable
from governance.identities import Caller
from governance.models import AccessPolicy
from governance.standing import epoch_of
from keyring.errors import KmsUnavailable
from keyring.walls import in_environment
from userstore.actions.consent_checks import permitted_people
from userstore.actions.known_values import MOST_TEXTS, known_values
from userstore.actions.token_batches import create_tokens, standing_tokens
from userstore.actions.tokens import resolve_tokens
from userstore.errors import TooLarge
from userstore.models import Transformer
from userstore.transforming.compilation import TransformationFailed, TransformerUnavailable

MOST_KEPT = 50_000
"""Tokens that are remembered, each under a keyed hash of its text."""

_LATER = (
    *(DatabaseError, AuditUnavailable, EpochMoved, KmsUnavailable, Throttled, TransformerUnavailable, Unavailable),
)
"""What may go well when it is asked again."""
_OF_VALUES = (Conflict, Invalid, TooLarge, TransformationFailed)
"""What is wrong with what was given, not with who gives it."""

T = TypeVar("T")
R = TypeVar("R")


class ServerStore:
    """The store as a client sees it; one thread uses it."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._kept: OrderedDict[bytes, str] = OrderedDict()
        self._epoch: int | None = None
        self._leaks: Counter[tuple[str, str, str, str]] = Counter()
        self._secret = os.urandom(32)
        self._id_of = lru_cache(maxsize=64)(self._look_up)

    def tokenize(self, data: Sequence[str], *, transformer: str, policy: str) -> list[str]:
        """Return a token for each text. What is remembered holds for one epoch, for whoever may still have it, and
        as long as nobody deletes it."""
        self._begin()
        keys = [self._blind(f"{transformer}|{policy}|{each}") for each in data]
        self._forget_deleted(keys)
        missing = {key: each for key, each in zip(keys, data, strict=True) if key not in self._kept}
        made = self._created(list(missing.values()), transformer, policy) if missing else []
        fresh = dict(zip(missing, made, strict=True))
        found = [fresh[key] if key in fresh else self._kept[key] for key in keys]
        self._keep(fresh)
        return found

    def resolve(self, tokens: Sequence[str], *, purpose: str) -> list[str]:
        """Return what each token stands for; never remembered, since every look at a person is on record."""
        self._begin()
        purposes = [{"name": purpose}] if purpose else []

        def ask(some: Sequence[str]) -> list[str]:
            found, _ = resolve_tokens(self._caller, tokens=some, purposes=purposes)
            return [each.data for each in found]

        return [text for some in parts(tokens) for text in _answered(ask, some)]

    def permitted(self, subjects: Collection[UUID], *, purpose: str) -> set[UUID]:
        """Return for which people a purpose is permitted now; asked anew for every batch, so that a withdrawal acts."""
        self._begin()

        def ask(some: Sequence[UUID]) -> set[UUID]:
            return permitted_people(self._caller, subject_ids=some, purpose=purpose)[0]

        return {each for some in parts(sorted(subjects)) for each in _answered(ask, some)}

    def known(self, texts: Sequence[str], *, columns: Sequence[str]) -> dict[str, str]:
        """Return which texts are values of somebody; never remembered, since any may become one."""
        self._begin()
        found: dict[str, str] = {}
        for some in parts(texts, at_once=MOST_TEXTS):
            found |= _answered(lambda asked: known_values(self._caller, columns=columns, texts=asked)[0], some)
        return found

    def opened(self, texts: Sequence[str], *, purpose: str, use: str) -> list[str]:
        """Return what sealed texts say; never remembered, since every look at a person is on record."""
        self._begin()

        def ask(some: Sequence[str]) -> list[str]:
            return open_texts(self._caller, texts=some, purpose=purpose, use=use)

        return [text for some in parts(texts) for text in _answered(ask, some)]

    def tell_of_leaks(self, leaks: Mapping[str, int], *, flow: str, service: str, sink: str) -> None:
        """Put down what was kept from leaving, once a minute at most for each category of a service."""
        self._begin()
        for category, records in leaks.items():
            self._leaks[flow, service, sink, category] += records

        def tell(place: tuple[str, str, str, str]) -> bool:
            return note_failed_proof(self._caller, *place, records=self._leaks[place])

        for place in list(self._leaks):
            if _answered(tell, place):
                del self._leaks[place]

    def _begin(self) -> None:
        """Forget what was remembered under another epoch."""
        close_old_connections()
        epoch = _answered(epoch_of, self._caller.environment_id)
        if epoch != self._epoch:
            self._kept.clear()
            self._id_of.cache_clear()
            self._epoch = epoch

    def _created(self, data: list[str], transformer: str, policy: str) -> list[str]:
        transformer_id, policy_id = self._id_of(Transformer, transformer), self._id_of(AccessPolicy, policy)

        def ask(some: Sequence[str]) -> list[str]:
            return create_tokens(self._caller, data=some, transformer_id=transformer_id, policy_id=policy_id)[0]

        return [text for some in parts(data) for text in _answered(ask, some)]

    def _forget_deleted(self, keys: Sequence[bytes]) -> None:
        """Make sure that the client may still have tokens, and forget those that nobody resolves any more.

        Rights end by the clock, and tokens are deleted one by one; neither moves an epoch.
        """
        kept = {key: self._kept[key] for key in keys if key in self._kept}

        def ask(some: Sequence[str]) -> frozenset[str]:
            return standing_tokens(self._caller, tokens=some)

        asked = sorted({text for text in kept.values() if text})
        standing = {""}.union(*(_answered(ask, some) for some in (list(parts(asked)) or [[]]))) if kept else set()
        for key, text in kept.items():
            if text not in standing:
                del self._kept[key]

    def _look_up(self, model: type[Transformer] | type[AccessPolicy], name: str) -> UUID:
        def ask(wanted: str) -> UUID | None:
            with in_environment(self._caller.environment_id):
                return model._default_manager.filter(name=wanted).values_list("public_id", flat=True).first()

        public_id = _answered(ask, name)
        if public_id is None:
            raise StoreRefuses(f"there is no {model._meta.verbose_name} {name}")
        return public_id

    def _keep(self, fresh: dict[bytes, str]) -> None:
        self._kept |= fresh
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)

    def _blind(self, text: str) -> bytes:
        return blake2b(text.encode(), digest_size=16, key=self._secret).digest()


def _answered(ask: Callable[[T], R], about: T) -> R:
    """Return the store's answer. Raises `StoreAway` where there is none now, and `StoreRefuses` where it says no."""
    try:
        return ask(about)
    except DataError as refused:
        raise ValuesRefused(type(refused).__name__) from refused
    except _LATER as error:
        raise StoreAway(type(error).__name__) from error
    except GovernanceError as refused:
        kind = ValuesRefused if isinstance(refused, _OF_VALUES) else StoreRefuses
        raise kind(type(refused).__name__) from refused
