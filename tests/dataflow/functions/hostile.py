"""One number of social security in disguises: how records of strangers carry it past patterns.

The first 15 are those of the comparison that the detectors began from, the others are our own. The number is one that
the Social Security Administration set aside for advertisements (987-65-4320 to 987-65-4329). A case says whether
patterns can see it; where they cannot, a declared field is what hides it.
"""

from __future__ import annotations

import base64
import bz2
import gzip
import json
import lzma
import zlib
from typing import NamedTuple

NUMBER = "987-65-4321"
DIGITS = "987654321"


class Case(NamedTuple):
    """A record with the number in it. `field` is where it is, empty where it is in no field of its own."""

    name: str
    record: str
    field: str = "$.ssn"
    seen_by_patterns: bool = True


def _held(value: object) -> str:
    return json.dumps({"name": "alice", "ssn": value}, ensure_ascii=False)


def _spelled(form: str) -> str:
    return "".join(form.format(ord(each)) for each in NUMBER)


def _b64(text: str | bytes) -> str:
    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


def _moved(zero: int, *, dash: str = "-") -> str:
    return "".join(dash if each == "-" else chr(zero + int(each)) for each in NUMBER)


INNER = json.dumps({"ssn": NUMBER})
FIFTEEN = (
    Case("plain", _held(NUMBER)),
    Case("escaped digits", '{"ssn":"\\u0039\\u0038\\u0037-65-4321"}'),
    Case("escaped dash", '{"ssn":"987\\u002d65\\u002d4321"}'),
    Case("in a key", f'{{"{NUMBER}":"alice"}}', ""),
    Case("no dashes", _held(DIGITS)),
    Case("a number", '{"ssn":987654321}'),
    Case("spaces", _held(NUMBER.replace("-", " "))),
    Case("en dash", _held(NUMBER.replace("-", "–"))),
    Case("Arabic-Indic digits", _held(_moved(0x0660))),
    Case("split over two fields", '{"ssn":{"area":"987","rest":"65-4321"}}', "$.ssn", seen_by_patterns=False),
    Case("JSON in a string", _held(INNER)),
    Case("escaped JSON in a string", _held(INNER.replace("-", "\\u002d"))),
    Case("base64", _held(_b64(NUMBER))),
    Case("escaped as UTF-16", '{"ssn":"' + _spelled("\\u{:04x}") + '"}'),
    Case("duplicate key", f'{{"ssn":"{NUMBER}","ssn":"x"}}'),
)
OWN = (
    Case("full-width digits", _held(_moved(0xFF10, dash="－"))),
    Case("zero-width joiners", _held("\u200d".join(NUMBER))),
    Case("no-break spaces", _held(NUMBER.replace("-", "\u00a0"))),
    Case("soft hyphens", _held(NUMBER.replace("-", "-\u00ad"))),
    Case("HTML entities", _held(_spelled("&#{};"))),
    Case("HTML entities without their ends", _held("&#57;87&#x2D;65&#8209;4321")),
    Case("percent-encoding", _held(_spelled("%{:02X}"))),
    Case("percent-encoding twice", _held(_spelled("%25{:02X}"))),
    Case("nested lists", json.dumps({"ssn": [[[["x", [NUMBER]]]]]})),
    Case("a float", '{"ssn":987654321.0}'),
    Case("a number with an exponent", '{"ssn":987654321e0}'),
    Case("hex escapes", _held(_spelled("\\x{:02x}"))),
    Case("octal escapes", _held(_spelled("\\{:03o}"))),
    Case("base64 twice", _held(_b64(_b64(NUMBER)))),
    Case(
        "base64 for addresses, without padding",
        _held(base64.urlsafe_b64encode(f"{NUMBER}~~??>".encode()).decode().rstrip("=")),
    ),
    Case("gzip in base64", _held(_b64(gzip.compress(NUMBER.encode(), mtime=0)))),
    Case("deflate in base64", _held(_b64(zlib.compress(NUMBER.encode())))),
    Case("hexadecimal", _held(NUMBER.encode().hex())),
    Case("UTF-16 in base64", _held(_b64(NUMBER.encode("utf-16-le")))),
    Case("mixed dashes", _held("987‑65—4321")),
    Case("doubled dashes", _held("987--65--4321")),
    Case("dots", _held("987.65.4321")),
    Case("HTML comments", _held("987<!-- x -->-65-<b>43</b>21")),
    Case("a comment of code", _held("987-/* x */65-4321")),
    Case("escaped as in Markdown", _held("987\\-65\\-4321")),
    Case("a byte order mark", "\ufeff" + _held(NUMBER)),
    Case("mathematical digits", _held(_moved(0x1D7CE))),
    Case("circled and raised digits", _held("⑨⑧⑦-⁶⁵-④③②①")),
    Case("keycaps", _held("".join(f"{each}\ufe0f\u20e3" if each != "-" else each for each in NUMBER))),
    Case("letters drawn as digits", _held("987-б5-4З21")),
    Case("tag characters", _held("".join(chr(0xE0000 + ord(each)) for each in NUMBER))),
    Case("read from right to left", _held(f"\u202e{NUMBER}\u202c")),
    Case("accents on digits", _held("".join(f"{each}\u0301" for each in NUMBER))),
    Case("very deep", "[" * 300 + f'"{NUMBER}"' + "]" * 300, ""),
    Case("keys of different case", f'{{"SSN":"{NUMBER}","ssn":"x","Ssn":"{NUMBER}"}}'),
    Case("JSON in JSON in JSON", _held(json.dumps({"a": json.dumps({"b": json.dumps([NUMBER])})}))),
    Case("base64 of JSON in a sentence", _held(f"see {_b64(INNER)} there")),
    Case("control characters", '{"ssn":"987\\u0000-65\\u0007-4321"}'),
    Case("lines in between", _held(NUMBER.replace("-", "-\n"))),
)
ROWS = (
    Case("base64 behind a path", _held(f"/u/{_b64(NUMBER)}")),
    Case("base64 between paths", _held(f"/users/{_b64(NUMBER)}/profile")),
    Case("base64 behind letters", _held(f"tok{_b64(NUMBER)}")),
    Case("hexadecimal behind 0x", _held(f"0x{NUMBER.encode().hex()}")),
    Case("hexadecimal with a letter too many", _held(f"a{NUMBER.encode().hex()}")),
    Case("an address of data", _held(f"data:application/json;base64,{_b64(INNER)}")),
    Case("a bearer's token", _held(f"Bearer {_b64(NUMBER)}")),
    Case("a token of three parts", _held(f"{_b64('{}')}.{_b64(INNER).rstrip('=')}.c2lnbmF0dXJl")),
    Case("base32", _held(base64.b32encode(NUMBER.encode()).decode())),
    Case("base32 in small letters behind one", _held("x" + base64.b32encode(NUMBER.encode()).decode().lower())),
    Case("bzip2 in base64", _held(_b64(bz2.compress(NUMBER.encode())))),
    Case("xz in base64", _held(_b64(lzma.compress(NUMBER.encode())))),
    Case("gzip in gzip in hexadecimal", _held(gzip.compress(gzip.compress(NUMBER.encode(), mtime=0), mtime=0).hex())),
    Case("gzip with a wrong checksum", _held(_b64(gzip.compress(NUMBER.encode(), mtime=0)[:-8] + b"damaged!"))),
    Case("gzip that breaks off, behind bytes", _held(_b64(b"\0\xff" + gzip.compress(NUMBER.encode(), mtime=0)[:-3]))),
    Case("text among bytes in base64", _held(_b64(b"\x89PNG\xff\xfe" + NUMBER.encode() + b"\xff\x80"))),
    Case("control characters in base64", _held(_b64("987-\x0765-\x004321"))),
    Case("base64 with a joiner in it", _held(f"{_b64(NUMBER)[:5]}\u200b{_b64(NUMBER)[5:]}")),
    Case("base64 with an escape in it", _held(f"{_b64(NUMBER)[:5]}%{ord(_b64(NUMBER)[5]):02x}{_b64(NUMBER)[6:]}")),
    Case("base64 in two ways", _held(f"x{_b64(NUMBER)}/{_b64(NUMBER)}")),
    *(Case(f"{sign} between groups", _held(NUMBER.replace("-", sign))) for sign in ":|,;=~*+&'\t"),
    Case("signs with spaces between groups", _held(NUMBER.replace("-", " :: "))),
)
READ = (
    Case("signs as quoted-printable", _held("987=2D65=2D4321")),
    Case("digits as quoted-printable in an address", _held("https://x.example/?a=%39&ssn==39=38=37-65-4321")),
    Case("a line that quoted-printable breaks", _held("987-=\r\n65-4=\n321")),
    Case("long escapes", _held("\\U00000039\\U000000387-65-4321")),
    Case("escapes by name", _held("\\N{DIGIT NINE}87-65-4321")),
    Case("escapes of a browser", _held("%u0039%u00387-65-4321")),
    Case("entities with zeros before", _held("&#000000057;87&#x00000002d;65-4321")),
    Case("entities of entities", _held("&amp;#57;87&amp;hyphen;65-4321")),
    Case("a section of XML", _held("987<![CDATA[-]]>65<?x y?>-<!x>4321")),
    Case("a long comment", _held(f"987<!--{'x' * 2000}-->-65-4321")),
    Case("tags with signs in attributes", _held("987<b title='>' lang=\">\">-65</b>-4321")),
    Case("colours of a terminal", _held("987\x1b[31m-65\x1b[0m-4321")),
    Case("an address in a terminal", _held("987\x1b]8;;https://x.example\x07-65-4321")),
    Case("Roman and Chinese digits", _held("Ⅸ八七-六五-四三二一")),
    Case("digits of many scripts", _held("９8٧-६5-4߃2𝟏")),
    Case("bold groups", _held("**987**-**65**-**4321**")),
    Case("groups in brackets", _held("[987]-[65]-[4321]")),
    Case("groups in parentheses", _held("(987)(65)(4321)")),
    Case("arrows", _held("987->65->4321")),
    Case("arrows of another script", _held("987→65→4321")),
    Case("slashes of fractions", _held("987⁄65∕4321")),
    Case("stops of another script", _held("987。65．4321")),
    Case("an empty circle", _held("987◌-65-◌4321")),
    Case("many spaces", _held("987          65          4321")),
    Case("many dashes", _held("987----65----4321")),
    Case("a power of ten", '{"ssn":9.87654321e8}'),
    Case("a power of ten with a sign", '{"ssn":0.987654321E+9}'),
    Case("an object within a sentence", _held(f"got {INNER} there")),
    Case("objects by the line", _held(f"{INNER}\n{INNER}")),
    Case("UTF-32 in base64", _held(_b64(NUMBER.encode("utf-32-le")))),
    Case("UTF-16 with its mark behind a path", _held(f"x/{_b64(NUMBER.encode('utf-16'))}")),
)
EVERY = FIFTEEN + OWN + ROWS + READ
UNSEEN = {
    "the numbers of its characters": ",".join(str(ord(each)) for each in NUMBER),
    "hexadecimal with spaces": NUMBER.encode().hex(" "),
    "hexadecimal with colons": NUMBER.encode().hex(":"),
    "binary": " ".join(f"{ord(each):08b}" for each in NUMBER),
    "base85": base64.b85encode(NUMBER.encode()).decode(),
    "base64 in short lines": "OTg3\nLTY1\nLTQz\nMjE=",
    "base64 between quotes": "OTg3LTY'+'1LTQzMjE=",
    "base64 of another character set": _b64(NUMBER.encode("cp037")),
    "UTF-7": NUMBER.replace("-", "+AC0-"),
    "escapes of style sheets": "\\39\\38\\37\\2d 65\\2d 4321",
    "words": "nine eight seven",
    "different signs": "987 (65) 4321",
    "each digit alone": "9 8 7 6 5 4 3 2 1",
    "ASCII letters": "9B7-6S-4E2l",
    "Braille": "⠼⠊⠓⠛",
    "backwards": NUMBER[::-1],
}
"""What only a declared field or a tag hides."""
