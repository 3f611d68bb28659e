"""The transformers every environment starts with: the vendor's six under their fixed ids, and Sealbook's own.

A deployment's own transformers are rows with a script, or with the text of one of these and other parameters: `native`
tells which. Ids never change: configuration that moves between environments refers to them.
"""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from userstore.transforming.builtin_masks import MASKS
from userstore.transforming.builtin_normalisers import NORMALISING
from userstore.transforming.builtin_pseudonyms import PSEUDONYMS
from userstore.transforming.builtin_tokens import TOKENS, VENDORS_OWN
from userstore.transforming.declaring import BuiltInTransformer, Native
from userstore.transforming.protocol import Tokenization, TransformKind

BUILT_IN_TRANSFORMERS: tuple[BuiltInTransformer, ...] = (*VENDORS_OWN, *MASKS, *TOKENS, *NORMALISING, *PSEUDONYMS)

BY_ID: Mapping[UUID, BuiltInTransformer] = {each.id: each for each in BUILT_IN_TRANSFORMERS}

BY_FUNCTION: Mapping[str, Native] = {each.function: each.native for each in BUILT_IN_TRANSFORMERS}


def native(function: str, kind: TransformKind) -> Native | None:
    """Return the native code that does what a transformer's text says; None: it is a script for the sandbox.

    A tokenising kind asks for a random format: a mask as token would be the same for many values. A pass-through needs
    no text at all, whatever it says (the vendor's client sends one).
    """
    if kind is TransformKind.PASSTHROUGH:
        return BY_FUNCTION[BUILT_IN_TRANSFORMERS[0].function]
    found = BY_FUNCTION.get(function.replace("\r\n", "\n").strip())
    if found is None or found.kind is TransformKind.PASSTHROUGH:  # its text is a script like any other, elsewhere
        return None
    return found if isinstance(found, Tokenization) or not kind.tokenizes else None
