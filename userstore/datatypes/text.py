"""Strings, and the data types that are strings with a validator: e-mail, phone numbers, social security numbers."""

from __future__ import annotations

import re
import unicodedata

from userstore.datatypes.errors import ValueRefused

# Loose on purpose (the wire contract says so): national writings and extensions pass.
_PHONE = re.compile(r"(?P<plus>\+?)(?P<number>[0-9(][0-9 ()./-]*)(?:(?:x|ext\.?) ?(?P<extension>[0-9]{1,7}))?")
_PHONE_DIGITS = range(2, 21)
_PHONE_LENGTH = 64

# ITU-T E.164: a plus sign, a country code that does not start with 0, fifteen digits at most.
_E164 = re.compile(r"\+[1-9][0-9]{1,14}")
_SSN = re.compile(r"[0-9]{3}-?[0-9]{2}-?[0-9]{4}")

# RFC 5321 4.5.3.1 limits and RFC 5322 3.4.1 addr-spec, widened to letters of all scripts by RFC 6531.
_EMAIL_LENGTH = 254
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\U0010ffff-]+"
_QUOTED = r'"(?:[^"\\]|\\.)+"'
_LABEL = r"[A-Za-z0-9\u0080-\U0010ffff](?:[A-Za-z0-9\u0080-\U0010ffff-]{0,61}[A-Za-z0-9\u0080-\U0010ffff])?"
_EMAIL = re.compile(rf"(?P<local>{_ATOM}(?:\.{_ATOM})*|{_QUOTED})@{_LABEL}(?:\.{_LABEL})*")
_LOCAL_PART_OCTETS = 64


class StringForm:
    """Any text that can be written in UTF-8, kept to the letter; equality is that of Unicode's NFC."""

    kind = str

    def parse(self, raw: object) -> str:
        text = self.comparand(raw)
        if text:
            self.validate(text)
        return text

    def comparand(self, raw: object) -> str:
        if not isinstance(raw, str):
            raise ValueRefused("not_a_text", "the value must be a text")
        if not _is_storable(raw):
            raise ValueRefused("not_unicode", "a text holds Unicode characters, no NUL and no half surrogates")
        return raw

    def validate(self, text: str) -> None:
        """Raises `ValueRefused` where a text that is not empty is none of this data type."""

    def fold(self, value: str) -> str:
        return composed(value)

    def canonical(self, value: str) -> bytes:
        return value.encode("utf-8")

    def restore(self, stored: bytes) -> str:
        return stored.decode("utf-8")

    def render(self, value: str) -> str:
        return value

    def json_value(self, value: str) -> str:
        return value


class EmailForm(StringForm):
    """One e-mail address without a display name; the domain's letter case makes no difference."""

    def validate(self, text: str) -> None:
        address = _EMAIL.fullmatch(text) if len(text) <= _EMAIL_LENGTH and text.isprintable() else None
        if address is None or len(address["local"].encode("utf-8")) > _LOCAL_PART_OCTETS:
            raise ValueRefused("not_an_email", "an e-mail address is written name@example.com")

    def fold(self, value: str) -> str:
        return with_lower_case_domain(value)


class PhoneForm(StringForm):
    """A phone number as people write it; two writings of the same digits are equal."""

    def validate(self, text: str) -> None:
        if dialled(text) is None:
            raise ValueRefused("not_a_phone_number", "a phone number is written +49 151 5550 0123 or 555-0123")

    def fold(self, value: str) -> str:
        text = composed(value)
        digits = dialled(text)
        return text if digits is None else digits


class E164PhoneForm(PhoneForm):
    """A phone number as E.164 writes it: plus sign, country code, digits, nothing else."""

    def validate(self, text: str) -> None:
        if _E164.fullmatch(text) is None:
            raise ValueRefused("not_e164", "an E.164 phone number is a plus sign and up to 15 digits: +4915155500123")


class SsnForm(StringForm):
    """A US social security number, with or without hyphens; they make no difference."""

    def validate(self, text: str) -> None:
        if _SSN.fullmatch(text) is None:
            raise ValueRefused("not_an_ssn", "a social security number has nine digits, written ddd-dd-dddd")

    def fold(self, value: str) -> str:
        text = composed(value)
        return text.replace("-", "") if _SSN.fullmatch(text) else text


def composed(text: str) -> str:
    """The text in Unicode normalisation form C, in which equal-looking accents are equal."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def with_lower_case_domain(text: str) -> str:
    """The text with everything behind its last @ in lower case; without an @ unchanged but for NFC."""
    local, at, domain = composed(text).rpartition("@")
    return composed(local + at + domain.lower()) if at else domain


def dialled(text: str) -> str | None:
    """The digits one would dial, with a leading + and `x` before an extension as written; None for no phone number."""
    written = _PHONE.fullmatch(text) if len(text) <= _PHONE_LENGTH else None
    if written is None:
        return None
    digits = "".join(filter(str.isdigit, written["number"]))
    if len(digits) not in _PHONE_DIGITS:
        return None
    extension = written["extension"]
    return written["plus"] + digits + (f"x{extension}" if extension else "")


def _is_storable(text: str) -> bool:
    if text.isascii():
        return "\0" not in text
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)
