"""`hash` and `fpe`: the same value gives the same text under a key, so records can be joined; none turns it back."""

from __future__ import annotations

import string
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from fastfpe import ff1

from dataflow.functions.masking import chosen, given, removed, worker
from dataflow.functions.protocol import Joined, ParametersRefused, Secrets, Work
from dataflow.functions.texts import Hide, Texts, TextUnfit
from dataflow.schemas.shapes import Shape

HASH_LETTERS = 32
"""Letters of a hash, of 16 each: 128 bits."""
FEWEST = 6
"""Digits or letters that are replaced together: fewer give too few texts (NIST SP 800-38G Rev. 1, section 5)."""
_AS_LETTERS = str.maketrans(string.hexdigits[:16], "abcdefghijklmnop")
_NUMBERS = frozenset({"ssn", "card", "phone", "iban", "date", "ip"})


class UnderAKey:
    """What functions have alike that put something under a key in the place of finds and fields: `use` names it."""

    __slots__ = ()

    def removes(self, parameters: Mapping[str, Any]) -> frozenset[str]:
        """Return the categories that it replaces."""
        return removed(chosen(parameters, also=frozenset({"use"})))

    def looks_at_keys(self, parameters: Mapping[str, Any]) -> bool:
        """Say whether it looks at the keys of objects as well."""
        return chosen(parameters, also=frozenset({"use"})).reads_keys

    def gives(self, shape: Shape, parameters: Mapping[str, Any]) -> Shape:
        """Return the shape itself; what is replaced in it is no personal data any more."""
        use_of(parameters)
        return given(shape, chosen(parameters, also=frozenset({"use"})))


@dataclass(frozen=True, slots=True)
class Pseudonymizing(UnderAKey):
    """Replaces finds and fields by what a key makes of them."""

    name: str
    says: str
    hides_with: Callable[[bytes], Hide]
    operator: str = "map"

    def prepare(self, shape: Shape, parameters: Mapping[str, Any], secrets: Secrets) -> Work:
        """Return what replaces, in values of a shape."""
        asked = chosen(parameters, also=frozenset({"use"}))
        hide = self.hides_with(secrets.key_for(f"{self.name} {use_of(parameters)}"))
        texts = Texts(
            asked.detectors,
            asked.fields,
            hide,
            is_constant=False,
            reads_keys=asked.reads_keys,
            looks_for_bare=any(each.category == "ssn" for each in asked.detectors),
        )
        one = worker(shape, texts, asked)
        return lambda values: [one(each) for each in values]

    def joined(self, parameters: Mapping[str, Any]) -> Joined | None:  # noqa: ARG002  the protocol's form
        """Return None: each value costs more than moving it."""
        return None


def use_of(parameters: Mapping[str, Any]) -> str:
    """Return what pseudonyms are for: those of one use can be joined, those of two cannot."""
    told = parameters.get("use", "")
    if not isinstance(told, str) or len(told) > 64:
        raise ParametersRefused("`use` is a text of at most 64 characters")
    return told


def hashing(key: bytes) -> Hide:
    """Return what replaces a value by its keyed BLAKE2b, written in letters so that it resembles no number."""

    def hide(category: str, reads: str) -> str:
        person = (category if category in _NUMBERS else "").encode()
        told = blake2b(_normal(category, reads), key=key, digest_size=HASH_LETTERS // 2, person=person)
        return f"*{told.hexdigest().translate(_AS_LETTERS)}*"  # asterisks keep what stands beside it apart

    return hide


def _normal(category: str, reads: str) -> bytes:
    """Return what equal values have alike, however they are written."""
    text = unicodedata.normalize("NFKC", reads).strip().casefold()
    if category in _NUMBERS:
        text = "".join(each for each in text if each.isalnum())
    return text.encode(errors="surrogatepass")


def permuting(key: bytes) -> Hide:
    """Return what replaces digits by digits and letters by letters (FF1); all else stays where it is."""
    known = key.hex()

    def hide(category: str, reads: str) -> str:
        tweak = f"flow|{category}".encode().hex()
        told, whole = list(reads), 0
        for alphabet in (string.digits, string.ascii_lowercase, string.ascii_uppercase):
            places = [place for place, each in enumerate(reads) if each in alphabet]
            if len(places) < FEWEST:
                continue
            for place, each in zip(
                places, ff1.encrypt(known, tweak, alphabet, "".join(reads[p] for p in places)), strict=True
            ):
                told[place] = each
            whole += len(places)
        if not whole:
            raise TextUnfit(f"it has fewer than {FEWEST} digits or letters to replace")
        return "".join(each if place_is_replaced else "*" for each, place_is_replaced in _kept(reads, told))

    return hide


def _kept(reads: str, told: list[str]) -> list[tuple[str, bool]]:
    """Pair what stands in each place with whether it may: letters and digits that were too few to replace may not."""
    replaced = {
        alphabet: sum(each in alphabet for each in reads) >= FEWEST
        for alphabet in (string.digits, string.ascii_lowercase, string.ascii_uppercase)
    }
    pairs = []
    for was, now in zip(reads, told, strict=True):
        own = next((alphabet for alphabet in replaced if was in alphabet), "")
        pairs.append((now, replaced[own] if own else not was.isalnum()))
    return pairs


HASH = Pseudonymizing("hash", "Replaces personal data and `fields` by a keyed hash: equal values stay equal.", hashing)
FPE = Pseudonymizing(
    "fpe", "Replaces digits and letters of personal data and `fields` by others of their kind (FF1).", permuting
)
