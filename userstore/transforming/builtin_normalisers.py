"""The built-in normalisers: what mutators may do to a text before it is checked, sealed and indexed."""

from __future__ import annotations

from userstore.datatypes import NORMALISERS
from userstore.transforming.declaring import PHONES, STRINGS, BuiltInTransformer, Native, transformer
from userstore.transforming.parameters import NoParameters, RecordSchema
from userstore.transforming.protocol import Transform

_TRIM = "function transform(data, params) { return data.trim(); }"
_COLLAPSE = "function transform(data, params) { return data.trim().split(/\\s+/).join(' '); }"
_EMAIL = """\
function transform(data, params) {
  const text = data.trim(), at = text.lastIndexOf('@');
  return at < 0 ? text : text.slice(0, at) + text.slice(at).toLowerCase();
}"""
_E164 = """\
function transform(data, params) {
  const text = data.trim();
  if (text === '') return '';
  if (/\\(0\\)/.test(text)) throw new Error('leave out the bracketed zero');
  const digits = text.replace(/[^0-9]/g, '');
  if (!/^\\+/.test(text) || digits.length < 2 || digits.length > 15) throw new Error('write the country code');
  return '+' + digits;
}"""


def _normaliser(
    name: str, known: str, *, input_types: tuple[str, ...] = STRINGS, output_type: str = "string"
) -> Native:
    work = NORMALISERS[known]
    return Transform(
        name=name,
        description=f"{work.description}.",
        input_types=input_types,
        output_type=output_type,
        schema=RecordSchema(NoParameters),
        work=lambda value, _given, _now: work.apply(value),
    )


NORMALISING: tuple[BuiltInTransformer, ...] = (
    transformer("5ea1b00c-0000-4000-8000-0000000d0001", _TRIM, _normaliser("Trim", "trim")),
    transformer(
        "5ea1b00c-0000-4000-8000-0000000d0002", _COLLAPSE, _normaliser("CollapseWhiteSpace", "collapse_white_space")
    ),
    transformer(
        "5ea1b00c-0000-4000-8000-0000000d0003",
        _EMAIL,
        _normaliser("LowerCaseEmailDomain", "lower_case_email_domain", input_types=("email", "string")),
    ),
    transformer(
        "5ea1b00c-0000-4000-8000-0000000d0004",
        _E164,
        _normaliser("NormalizeE164", "e164_phone", input_types=PHONES, output_type="e164_phonenumber"),
    ),
)
