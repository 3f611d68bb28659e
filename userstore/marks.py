"""Marks of masked values: how a value that comes back as it was shown is known, without guessing from its looks.

A mark goes beside a masked cell, never in it. Its first half is a keyed image of column and text, its second half of
person, column and first half. So it says of which cell it is and which text was there, and nothing of the value behind
it; and nobody can make one. It stays good until the environment's fingerprint key changes: an older one is refused.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Sequence
from uuid import UUID

from keyring.fingerprints import fingerprint, fingerprints

_HALF = 32
_FORM = re.compile(rf"[0-9a-f]{{{2 * _HALF}}}")


def is_mark(given: object) -> bool:
    """Whether something has the form of a mark."""
    return isinstance(given, str) and _FORM.fullmatch(given) is not None


def marks_of(
    environment_id: UUID, column_id: UUID, subject_ids: Sequence[UUID], shown: Sequence[Sequence[str]]
) -> list[str]:
    """Return the mark of each person's cell of one column, by the texts that it shows; a blank cell shows none."""
    images = fingerprints(environment_id, "shown text", [column_id.bytes + _framed(texts) for texts in shown])
    places = [_place(subject_id, column_id, image) for subject_id, image in zip(subject_ids, images, strict=True)]
    bound = fingerprints(environment_id, "shown place", places)
    return [image + place for image, place in zip(images, bound, strict=True)]


def is_as_shown(mark: str, environment_id: UUID, column_id: UUID, texts: Sequence[str]) -> bool:
    """Whether a cell of the column that had this mark showed exactly these texts."""
    image = fingerprint(environment_id, "shown text", column_id.bytes + _framed(texts))
    return hmac.compare_digest(image, mark[:_HALF])


def is_of(mark: str, environment_id: UUID, column_id: UUID, subject_id: UUID) -> bool:
    """Whether the mark was given with this person's cell of this column."""
    place = fingerprint(environment_id, "shown place", _place(subject_id, column_id, mark[:_HALF]))
    return hmac.compare_digest(place, mark[_HALF:])


def _place(subject_id: UUID, column_id: UUID, image: str) -> bytes:
    return subject_id.bytes + column_id.bytes + image.encode()


def _framed(texts: Sequence[str]) -> bytes:
    encoded = [text.encode() for text in texts]
    return b"".join(len(each).to_bytes(8, "big") + each for each in encoded)
