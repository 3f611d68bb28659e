"""Sketches of justifications: whether two texts are alike can be told from them, and what they say cannot."""

from __future__ import annotations

from uuid import UUID

from keyring.fingerprints import fingerprints

LENGTH = 32
WORDS = 3
_PRIME = 2**61 - 1
_FACTORS = [(pow(3, 2 * each + 1, _PRIME), pow(5, 2 * each + 1, _PRIME)) for each in range(LENGTH)]


def sketch_of(environment_id: UUID, text: str) -> list[int]:
    """Return the least images of a text's runs of three words; the share of equal ones estimates how alike two are.

    Broder, On the resemblance and containment of documents, 1997. The runs are keyed fingerprints of the environment,
    so that nobody without its key can try words.
    """
    words = text.lower().split()
    runs = {" ".join(words[start : start + WORDS]) for start in range(max(1, len(words) - WORDS + 1))}
    images = [int(each, 16) % _PRIME for each in fingerprints(environment_id, "justification", map(str.encode, runs))]
    return [min((factor * image + offset) % _PRIME for image in images) & 0x7FFF_FFFF for factor, offset in _FACTORS]
