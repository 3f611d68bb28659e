"""The names under which people appear in the book, many at once, for the analysis of the book alone.

The store seals them. Opened ones are kept in the worker's memory for a while, under the key that sealed them: of a
person who was erased neither the row nor that key is found any more.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterator
from threading import Lock
from uuid import UUID

from keyring.keys import open_key
from keyring.models import WrappedKey
from userstore.models import Subject
from userstore.writing.keys import handle_of

MOST_KEPT = 20_000

_kept: OrderedDict[tuple[int, UUID, bytes], str] = OrderedDict()
_lock = Lock()


def handles_of(public_ids: Collection[UUID]) -> list[tuple[Subject, str]]:
    """Return the people of some ids who are live here, with their names in the book."""
    return list(_opened(list(Subject.objects.filter(public_id__in=public_ids, erased_at=None))))


def handles_of_rows(pks: Collection[int]) -> list[tuple[Subject, str]]:
    """Return the people of some rows, as `handles_of`."""
    return list(_opened(list(Subject.objects.filter(pk__in=pks, erased_at=None))))


def _opened(subjects: list[Subject]) -> Iterator[tuple[Subject, str]]:
    places = {each.pk: (each.pk, each.key_id, bytes(each.handle)) for each in subjects}
    with _lock:
        known = {pk: _kept[place] for pk, place in places.items() if place in _kept}
    missing = [each.key_id for each in subjects if each.pk not in known]
    keys = dict(WrappedKey.objects.filter(pk__in=missing).values_list("pk", "wrapped")) if missing else {}
    for subject in subjects:
        handle = known.get(subject.pk)
        if handle is None and subject.key_id in keys:
            key = open_key(subject.environment_id, subject.key_id, bytes(keys[subject.key_id]))
            handle = handle_of(subject, key)
            with _lock:
                _kept[places[subject.pk]] = handle
                while len(_kept) > MOST_KEPT:
                    _kept.popitem(last=False)
        if handle is not None:
            yield subject, handle
