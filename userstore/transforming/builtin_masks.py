"""The built-in masks; their parameters are written out in full, so that an officer sees what may be changed."""

from __future__ import annotations

from userstore.transforming import coarsening, masks, patterns, renditions
from userstore.transforming.declaring import ANYTHING, BIRTHDATES, DATES, BuiltInTransformer, mask, transformer
from userstore.transforming.parameters import RecordSchema
from userstore.transforming.protocol import Transform

AGE_BAND = Transform(
    name="AgeBand",
    description="Returns the band of ages that a birthdate falls into today, such as 40-49.",
    input_types=BIRTHDATES,
    output_type="string",
    schema=RecordSchema(coarsening.Bands),
    work=lambda value, given, now: coarsening.age_band(value, given, now=now),
)

_OF_DIGIT = (
    ("c18cfe51-b79d-4f8f-b531-3f4f1143223c", "001", "Shows the last four characters"),
    ("e275165a-2b3a-40f6-88a4-db7b5e662282", "002", "Shows the first character of each word"),
    ("3acd6cba-920a-4174-babe-69f151b3c2c1", "003", "Shows the last two characters"),
    ("9908dc17-e604-4588-8392-bff7b1a6c140", "004", "Shows the ends of both parts of an e-mail address"),
    ("d4bcb423-4bee-408e-9f3d-dcf548b37765", "005", "Shows nothing but the length"),
    ("aa8ffa36-0938-43ed-a6ae-fa268238a0d1", "006", "Shows the last two letters or digits, and spaces"),
    ("f78573da-778a-4260-8c39-443969eba6ef", "007", "Shows the first character and the last three"),
    ("581def2c-74df-4b18-a96d-1474173dd975", "008", "Shows the first character and the last two"),
)


def _pattern(public_id: str, number: str, shows: str) -> BuiltInTransformer:
    """One of DIGIT's eight patterns, ready to be named as a mask."""
    described = f"{shows} (DIGIT's masking pattern {number}), at most half of the value."
    native = mask(f"DIGITPattern{number}", described, patterns.mask_pattern, patterns.PatternShown, ANYTHING)
    parameters = {"pattern": number, "fill": "*", "most": "1/2", "lengths": "kept"}
    return transformer(public_id, renditions.PATTERN, native, parameters=parameters)


MASKS: tuple[BuiltInTransformer, ...] = (
    transformer(
        "75318b30-21d2-4b28-ac91-da590484eed3",
        renditions.PHONE,
        mask(
            "PhoneMask", "Shows a phone number's country code and last two digits.", masks.mask_phone, masks.PhoneShown
        ),
    ),
    transformer(
        "dcc71e78-0461-4ea8-8eb1-28a95d3f9aaf",
        renditions.PHONE,
        mask("SupportPhoneMask", "Shows a phone number as XXX-XXX-7890.", masks.mask_phone, masks.PhoneShown),
        parameters={"country_code": False, "first": 0, "last": 4, "fill": "X", "most": "1/2", "lengths": "kept"},
    ),
    transformer(
        "3ff252d5-3986-4473-9f12-b5f15f668acc",
        renditions.EMAIL,
        mask("EmailMask", "Shows an e-mail address's first letter and domain.", masks.mask_email, masks.EmailShown),
    ),
    transformer(
        "a867f85a-c595-4501-ab62-2d7ff7e5b66b",
        renditions.CARD,
        mask("CardMask", "Shows a payment card number's last four digits.", masks.mask_card, masks.DigitsShown),
    ),
    transformer(
        "aca2617d-2204-4efa-b11f-1968904af94b",
        renditions.SSN,
        mask("SSNMask", "Shows an SSN's last four digits.", masks.mask_ssn, masks.DigitsShown),
        parameters={"last": 4, "fill": "*", "most": "1/2", "lengths": "kept"},
    ),
    transformer(
        "72853b70-b7dd-485b-b8a7-5a1fb8042aad",
        renditions.IBAN,
        mask("IBANMask", "Shows an IBAN's country and last four characters.", masks.mask_iban, masks.IbanShown),
    ),
    transformer(
        "39bd36dd-9c17-4309-8838-0d9603ea3c56",
        renditions.NAME,
        mask("NameMask", "Shows the initials of a name.", masks.mask_name, masks.InitialsShown),
    ),
    transformer(
        "7df0c8e3-2588-4228-b28f-eba848cc0f19",
        renditions.ENDS,
        mask("EndsMask", "Shows the first or last characters of any value.", masks.mask_ends, masks.Ends, ANYTHING),
    ),
    transformer(
        "ec4dc532-f6a9-4227-b7c7-dcd5841986e0",
        renditions.FULL,
        mask("FullMask", "Shows that there is a value, not even its length.", masks.mask_fully, masks.Hidden, ANYTHING),
    ),
    transformer(
        "47c90f7f-b780-470b-a396-04a932bd75fb",
        renditions.REDACT,
        mask("Redact", "Shows one constant text in place of every value.", masks.redact, masks.Redacted, ANYTHING),
    ),
    *(_pattern(*each) for each in _OF_DIGIT),
    transformer(
        "c3a2b4e3-c334-4af7-a3e1-42324474c341",
        renditions.PATTERN,
        mask(
            "PatternMask",
            "Masks by one of DIGIT's eight patterns.",
            patterns.mask_pattern,
            patterns.PatternShown,
            ANYTHING,
        ),
        parameters={"pattern": "005", "fill": "*", "most": "1/2", "lengths": "kept"},
    ),
    transformer(
        "805b227d-765b-41e8-955b-2300cc9cbf16",
        renditions.DATE,
        mask(
            "DateCoarsened",
            "Shows a date's year, quarter, month or decade.",
            coarsening.coarsen_date,
            coarsening.Grain,
            DATES,
        ),
    ),
    transformer("0e256bc2-fd87-4f3d-a410-36786dd49eaa", renditions.AGE, AGE_BAND),
)
