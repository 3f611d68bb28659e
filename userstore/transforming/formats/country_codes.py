"""Telephone country codes: which first digits of an international number are its country code.

Source: ITU-T, "List of Recommendation ITU-T E.164 assigned country codes" (annex to the Operational Bulletin, position
of 2016-11-15) with the codes in use since: +383; +886 is listed as reserved and is in use. Codes form a prefix code:
one digit for zones 1 and 7, the listed ones of two digits, three digits for all others.
"""

from __future__ import annotations


def _spans(*spans: tuple[int, int]) -> frozenset[str]:
    return frozenset(str(code) for first, last in spans for code in range(first, last + 1))


ONE_DIGIT = _spans((1, 1), (7, 7))

TWO_DIGITS = _spans(
    (20, 20),
    (27, 27),
    (30, 34),
    (36, 36),
    (39, 39),
    (40, 41),
    (43, 49),
    (51, 58),
    (60, 66),
    (81, 82),
    (84, 84),
    (86, 86),
    (90, 95),
    (98, 98),
)

THREE_DIGITS = _spans(
    (211, 213),
    (216, 216),
    (218, 218),
    (220, 258),
    (260, 269),
    (290, 291),
    (297, 299),
    (350, 359),
    (370, 383),
    (385, 387),
    (389, 389),
    (420, 421),
    (423, 423),
    (500, 509),
    (590, 599),
    (670, 670),
    (672, 683),
    (685, 692),
    (800, 800),
    (808, 808),
    (850, 850),
    (852, 853),
    (855, 856),
    (870, 870),
    (878, 878),
    (880, 883),
    (886, 886),
    (888, 888),
    (960, 968),
    (970, 977),
    (979, 979),
    (992, 996),
    (998, 998),
)

SHORTEST_SUBSCRIBER_NUMBER = 4  # digits behind the code below which a number is not taken for an international one
LONGEST_INTERNATIONAL_NUMBER = 15  # digits, code included (E.164, section 6.1)


def country_code_of(number: str) -> str | None:
    """Return the country code of a number written with a leading "+", None where it has none that is assigned."""
    if not number.startswith("+"):
        return None
    digits = "".join(character for character in number if character in "0123456789")
    for length, codes in ((1, ONE_DIGIT), (2, TWO_DIGITS), (3, THREE_DIGITS)):
        if digits[:length] in codes:
            subscriber = len(digits) - length
            long_enough = SHORTEST_SUBSCRIBER_NUMBER <= subscriber <= LONGEST_INTERNATIONAL_NUMBER - length
            return digits[:length] if long_enough else None
    return None
