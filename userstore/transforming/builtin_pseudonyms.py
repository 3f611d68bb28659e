"""The built-in pseudonyms."""

from __future__ import annotations

from userstore.transforming.declaring import STRINGS, BuiltInTransformer, transformer
from userstore.transforming.parameters import RecordSchema
from userstore.transforming.pseudonyms import Pseudonymization, Replaced

_TEXT = """\
// Format-preserving pseudonyms (FF1 of NIST SP 800-38G) under a key of the environment, made by the server.
function transform(data, params) {
  throw new Error("made by the server");
}"""

PSEUDONYMS: tuple[BuiltInTransformer, ...] = (
    transformer(
        "6f0c8a52-4c5d-4b0e-9d0f-3a6f5a1f7f11",
        _TEXT,
        Pseudonymization(
            name="FF1Pseudonym",
            description="Replaces digits by others, always the same for the same value of a column; separators stay.",
            input_types=STRINGS,
            output_type="string",
            schema=RecordSchema(Replaced),
        ),
    ),
)
