"""The detectors by category."""

from __future__ import annotations

import re

from userstore.detecting.checks import always, is_address, is_card, is_date, is_iban, is_phone
from userstore.detecting.protocol import Need, Written

_SEPARATED = r"[-. /_]{1,12}"
_OPTIONAL = r"[- /_]{0,2}"
_SIGN = r"( {0,2}[!#$%&'()*+,./:;<=>?@\[\]^_`{|}~-]{1,5} {0,2})"
"""Any signs between groups, if they are the same between all: lists of numbers seldom have groups of their sizes."""
_NO_FRACTION, _NO_POINT = r"(?<![0-9])(?<![0-9]\.)", r"(?![0-9])(?!\.[0-9]*[1-9])"
"""Digits of a measurement are no card: one in ten of its length passes the check."""
_MONTH = (
    "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    "|nov(?:ember)?|dec(?:ember)?)"
)
_HEX = r"[0-9a-f]{1,4}"
_LETTER = r"A-Za-z\u00c0-\u024f\u0370-\u052f\u1e00-\u1eff"
"""Letters of Europe: scripts that write without spaces would take the words around an address into it."""


SSN = Written(
    "ssn",
    "numbers of social security: 3, 2 and 4 digits with something between them",
    (
        re.compile(
            rf"(?<![0-9])[0-9]{{3}}(?:{_SEPARATED}[0-9]{{2}}{_SEPARATED}|{_SIGN}[0-9]{{2}}\1)[0-9]{{4}}(?![0-9])"
        ),
    ),
    "***-**-****",
    (Need(b"0" * 9),),
    always,  # a number with a wrong digit still tells: `checks.is_given_ssn` is for those who count
    stands_alone=True,
)
CARD = Written(
    "card",
    "payment cards: 13 to 19 digits that pass the Luhn check",
    (
        re.compile(rf"{_NO_FRACTION}[0-9]{{4}}(?:{_OPTIONAL}[0-9]{{4}}){{3}}{_NO_POINT}"),
        re.compile(rf"{_NO_FRACTION}[0-9]{{4}}{_OPTIONAL}[0-9]{{6}}{_OPTIONAL}[0-9]{{4,5}}{_NO_POINT}"),
        re.compile(rf"{_NO_FRACTION}[0-9](?:{_OPTIONAL}[0-9]){{12,18}}{_NO_POINT}"),
        re.compile(r"(?<![0-9])[0-9]{4}(?:\.[0-9]{4}){3}(?![0-9])"),
        re.compile(rf"(?<![0-9])[0-9]{{4}}{_SIGN}[0-9]{{4}}\1[0-9]{{4}}\1[0-9]{{4}}(?![0-9])"),
        re.compile(rf"(?<![0-9])[0-9]{{4}}{_SIGN}[0-9]{{6}}\1[0-9]{{4,5}}(?![0-9])"),
    ),
    "****-****-****-****",
    (Need(b"0" * 13),),
    is_card,
)
IBAN = Written(
    "iban",
    "bank accounts: an IBAN with its check digits",
    (
        re.compile(
            r"(?<![0-9A-Za-z])[A-Za-z]{2}[0-9]{2}(?:[-. /_][0-9A-Za-z]{4}){2,7}"
            r"(?:[-. /_][0-9A-Za-z]{1,3})?(?![0-9A-Za-z])"
        ),
        re.compile(r"(?<![0-9A-Za-z])[A-Za-z]{2}[0-9]{2}[0-9A-Za-z]{11,30}(?![0-9A-Za-z])"),
        re.compile(
            rf"(?<![0-9A-Za-z])[A-Za-z]{{2}}[0-9]{{2}}{_SIGN}[0-9A-Za-z]{{4}}(?:\1[0-9A-Za-z]{{4}}){{1,6}}"
            r"(?:\1[0-9A-Za-z]{1,3})?(?![0-9A-Za-z])"
        ),
    ),
    "**** **** ****",
    (Need(b"aa00"),),
    is_iban,
)
EMAIL = Written(
    "email",
    "e-mail addresses",
    (
        re.compile(
            rf"(?<![0-9{_LETTER}])[0-9_{_LETTER}][0-9{_LETTER}.!#$%'+/=?^_`{{|}}~-]{{0,63}}@"
            rf"(?:[0-9{_LETTER}-]{{1,63}}\.){{1,8}}(?:[{_LETTER}]{{2,63}}|xn--[0-9a-z-]{{2,59}})(?![0-9{_LETTER}])"
        ),
    ),
    "***@***",
    (Need(b"@", sees="apart"),),
    always,
)
IP = Written(
    "ip",
    "addresses of the Internet, version 4 and 6",
    (
        re.compile(r"(?<![0-9A-Za-z.:])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![0-9A-Za-z:])"),
        re.compile(
            rf"(?i)(?<![0-9a-z.:])(?:{_HEX}(?::{_HEX}){{7}}"
            rf"|(?:{_HEX}(?::{_HEX}){{0,6}})?::(?:{_HEX}(?::{_HEX}){{0,6}})?)(?![0-9a-z:])"
        ),
    ),
    "***.***.***.***",
    (
        Need(b"0.0", sees="apart"),
        *(Need(each, sees="apart") for each in (b"::", b"0:0", b"0:a", b"a:0", b"a:a")),
    ),
    is_address,
)
DATE = Written(
    "date",
    "days of the calendar, in figures or with the month's English name",
    (
        re.compile(r"(?<![0-9])[12][0-9]{3}([-./])[0-9]{1,2}\1[0-9]{1,2}(?![0-9])"),
        re.compile(r"(?<![0-9])[0-9]{1,2}([-./])[0-9]{1,2}\1(?:[12][0-9]{3}|[0-9]{2})(?![0-9])"),
        re.compile(rf"(?i)(?<![0-9])[0-9]{{1,2}}(?:st|nd|rd|th)?[ -]{_MONTH}[ ,-]{{1,2}}[12][0-9]{{3}}(?![0-9])"),
        re.compile(rf"(?i)(?<![0-9a-z]){_MONTH}[ -][0-9]{{1,2}}(?:st|nd|rd|th)?[ ,-]{{1,2}}[12][0-9]{{3}}(?![0-9])"),
    ),
    "****-**-**",
    (Need(b"0000"),),
    is_date,
)
PHONE = Written(
    "phone",
    "telephone numbers, with + or grouped",
    (
        re.compile(
            r"(?<![0-9])(?:\+[0-9](?:[ ()./-]{0,3}[0-9]){6,14}"
            r"|\(?[0-9]{2,5}\)?[-. /]{1,2}[0-9]{3,4}[-. ][0-9]{3,5})(?![0-9])"
        ),
        re.compile(rf"(?<![0-9])(?:\+?[0-9]{{1,3}}[- ]?)?[0-9]{{3}}{_SIGN}[0-9]{{3}}\1[0-9]{{4}}(?![0-9])"),
    ),
    "***-***-****",
    (Need(b"0" * 7),),
    is_phone,
)

DETECTORS: dict[str, Written] = {each.category: each for each in (EMAIL, CARD, IBAN, SSN, IP, DATE, PHONE)}
"""In the order in which they look: who comes first takes what several could."""
