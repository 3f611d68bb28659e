"""Values to test functions with: personal data that belongs to nobody, and texts that programs stumble over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from dataflow.schemas.shapes import BYTES, TEXT, Anything, Choice, Many, Pair, Primitive, Record, Shape, categories

NOBODYS: Mapping[str, tuple[str, ...]] = {
    "ssn": ("123-45-6789", "987-65-4321", "078-05-1120", "219-09-9999"),
    "card": ("4111 1111 1111 1111", "4111111111111111", "5555-5555-5555-4444", "378282246310005"),
    "email": ("ada@example.com", "first.last+tag@mail.example.org", "o'neill@example.net"),
    "phone": ("+1 202-555-0143", "(202) 555-0143", "+44 20 7946 0958"),
    "iban": ("GB82 WEST 1234 5698 7654 32", "GB82WEST12345698765432", "DE89370400440532013000"),
    "ip": ("192.0.2.17", "198.51.100.201", "2001:db8::ff00:42:8329"),
    "ipv4": ("192.0.2.17", "198.51.100.201"),
    "ipv6": ("2001:db8::ff00:42:8329", "2001:0db8:85a3:0000:0000:8a2e:0370:7334"),
    "date": ("1970-01-31", "31.01.1970", "01/31/1970"),
}
"""Values by category: numbers that were never given to anybody or stand in documentation, and reserved domains.

SSN: 078-05-1120 and 219-09-9999 were used in advertisements and withdrawn (Social Security Administration, "Misused
Social Security numbers"); those that begin with 9 are never given; 123-45-6789 is the seed document's. Cards: test
numbers of payment processors. Phones: 555-01xx of the North American plan, and Ofcom's numbers for drama. IBAN: the
examples of the registry of ISO 13616. Addresses: RFC 5737, RFC 3849 and RFC 2606.
"""

STUMBLING: tuple[str, ...] = (
    *("", " ", "\t\r\n", "\0", "a\0b", "-", "--", "---", "***-**-****", "0", "-0", "1e999", "NaN", "null", "true"),
    *('"', "'", "\\", "\\u0000", "%00", "{", "}", "[", "]", "{}", "[]", '{"a":', '{"a":"b"}', '["a",1,null]', '""'),
    *("123-45-", "123-45-67890", "12345-6789", "(", ")", "[a-z", "$1", "${x}", "%s", "{0}", "<b>", "&amp;", "\\1"),
    *("é", "e\u0301", "ß", "ﬁ", "İ", "\u200b", "\ufeff", "\u202eabc", "\u00ad", "１２３－４５－６７８９", "٣", "𝟙"),
    *("😀", "👩‍👩‍👧", "\U0010ffff", "\ufffd", "漢字", "שלום", "a" * 10_000, "1" * 10_000, "[" * 500, "é" * 5_000),
)
"""Texts on which programs fail that were never given them."""


@dataclass(frozen=True, slots=True)
class Bearing:
    """Where a text is put in a value: into the fields that are tagged with a category, or into every text."""

    text: str
    category: str


def bearers(shape: Shape, texts: tuple[str, ...], category: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each text with values of a shape that hold it; none where the shape has no place for it.

    Args:
        category: fields tagged with it take the text alone; without any, texts take it, also within other words.
    """
    is_tagged = category in categories(shape)
    for text in texts:
        forms = (text,) if is_tagged or not category else _within_others(text)
        for form in forms:
            value = _filled(shape, Bearing(form, category if is_tagged else ""), inside=not is_tagged)
            if holds(value, form):
                yield text, value


def holds(value: Any, text: str) -> bool:
    """Say whether a text is somewhere in a value as it is."""
    if isinstance(value, str | bytes):
        return text in value if isinstance(value, str) else text.encode() in value
    if isinstance(value, dict):
        return any(holds(each, text) for each in value.values())
    return isinstance(value, list | tuple) and any(holds(each, text) for each in value)


def _within_others(text: str) -> tuple[str, ...]:
    as_field, as_item = orjson.dumps({"name": "x", "field": text}), orjson.dumps([text, 1])
    return (text, f"a {text}, b", f"({text})", as_field.decode(), as_item.decode())


def _filled(shape: Shape, bearing: Bearing, *, inside: bool) -> Any:
    match shape:
        case Primitive():
            return _primitive(shape, bearing.text if inside else "x")
        case Record():
            return {
                each.name: _filled(each.shape, bearing, inside=inside or each.pii == (bearing.category or None))
                for each in shape.fields
            }
        case Many():
            return [_filled(shape.items, bearing, inside=inside)]
        case Choice():
            name, inner = next((each for each in shape.variants if each[1] is not None), shape.variants[0])
            return name if inner is None else {name: _filled(inner, bearing, inside=inside)}
        case Pair():
            return [_filled(each, bearing, inside=inside) for each in (shape.key, shape.value)]
        case Anything():
            return bearing.text if inside else "x"


def _primitive(shape: Primitive, text: str) -> Any:
    if shape == TEXT:
        return text
    if shape == BYTES:
        return text.encode()
    return False if shape.name == "bool" else 0
