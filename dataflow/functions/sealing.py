"""`seal`: a text is sealed where it stands, for the person whose record it is in where the flow says who that is."""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, runtime_checkable

from dataflow.functions.masking import chosen, worker
from dataflow.functions.protocol import Answer, Failed, ParametersRefused, Secrets, Work
from dataflow.functions.pseudonyms import UnderAKey, use_of
from dataflow.functions.texts import Texts
from dataflow.schemas.shapes import Shape

Sealer: TypeAlias = Callable[[bytes], bytes]
TEXT_PLACE = b"flow-text|"
"""With the use behind it: where sealed texts belong, whichever record they are carried to."""
BEGINS, ENDS = "sealed:v1:", ":"
_AS_LETTERS = str.maketrans(string.hexdigits[:16], "abcdefghijklmnop")
_AS_DIGITS = str.maketrans("abcdefghijklmnop", string.hexdigits[:16])
_IS_SEALED = re.compile(rf"{BEGINS}((?:[a-p]{{2}})+){ENDS}")


@runtime_checkable
class SealsTexts(Protocol):
    """Where sealed texts have their keys from."""

    def sealers(self, records: Sequence[Any], *, use: str) -> Sequence[Sealer | None]:
        """Return for each record what seals its texts: for the person whom it names, where that is known.

        None where that person is gone.
        """


@runtime_checkable
class OpensTexts(Protocol):
    """Keys that open without asking anybody: those of a folder."""

    def opened(self, texts: Sequence[str], *, use: str) -> list[str]:
        """Return what sealed texts say, "" where one is none of these keys."""


@dataclass(frozen=True, slots=True)
class Sealing(UnderAKey):
    """Replaces finds and fields by themselves, sealed."""

    name: str = "seal"
    operator: str = "map"
    says: str = "Seals personal data and `fields`, for the person whose record it is where the flow says who that is."

    def prepare(self, shape: Shape, parameters: Mapping[str, Any], secrets: Secrets) -> Work:
        """Return what seals in values of a shape. Raises `ParametersRefused` where there are no keys."""
        asked, use = chosen(parameters, also=frozenset({"use"})), use_of(parameters)
        if not isinstance(secrets, SealsTexts):
            raise ParametersRefused("there is no key to seal with here")
        seal: list[Sealer] = []
        texts = Texts(
            asked.detectors,
            asked.fields,
            lambda _, reads: written(seal[0](reads.encode(errors="surrogatepass"))),
            is_constant=False,
            reads_keys=asked.reads_keys,
            looks_for_bare=any(each.category == "ssn" for each in asked.detectors),
        )
        one = worker(shape, texts, asked)

        def work(values: Sequence[Any]) -> list[Answer]:
            told: list[Answer] = []
            for value, sealer in zip(values, secrets.sealers(values, use=use), strict=True):
                if sealer is None:
                    told.append(Failed("its person is gone"))
                else:
                    seal[:] = [sealer]
                    told.append(one(value))
            return told

        return work

    def joined(self, parameters: Mapping[str, Any]) -> None:  # noqa: ARG002  the protocol's form
        """Return None: each value costs more than moving it."""
        return


def written(sealed: bytes) -> str:
    """Return sealed bytes as a text without digits, in which no detector finds anything."""
    return f"{BEGINS}{sealed.hex().translate(_AS_LETTERS)}{ENDS}"


def sealed_in(text: str) -> bytes | None:
    """Return the bytes of a text that is a sealed one and nothing else."""
    found = _IS_SEALED.fullmatch(text)
    return bytes.fromhex(found[1].translate(_AS_DIGITS)) if found else None


SEAL = Sealing()
