"""The built-in functions by name."""

from __future__ import annotations

from dataflow.functions.detecting import DETECT, ONLY_DETECTED
from dataflow.functions.dropping import DROP_FIELD
from dataflow.functions.masking import MASKS
from dataflow.functions.protocol import Builtin
from dataflow.functions.pseudonyms import FPE, HASH
from dataflow.functions.sealing import SEAL

_ALL: tuple[Builtin, ...] = (*MASKS, HASH, FPE, SEAL, DROP_FIELD, DETECT, ONLY_DETECTED)
BUILTINS: dict[str, Builtin] = {each.name: each for each in _ALL}
