"""The built-in random tokens: the vendor's under their fixed ids, and Sealbook's own."""

from __future__ import annotations

from userstore.transforming import renditions
from userstore.transforming.declaring import ANYTHING, PHONES, BuiltInTransformer, token, transformer
from userstore.transforming.formats import card, email, identifiers, person, phone, positional, ssn
from userstore.transforming.parameters import NoParameters, RecordSchema, SequenceSchema
from userstore.transforming.protocol import Transform, TransformKind

NOTHING = RecordSchema(NoParameters)
PHONE_KEPT = RecordSchema(phone.PhoneKept)
POSITIONS_KEPT = RecordSchema(positional.PositionsKept)
EMAIL_KEPT = SequenceSchema(email.EmailKept, (email.UsernameKept, email.DomainKept, email.EndingKept))
NAME_KEPT = SequenceSchema(person.NameKept, (person.FirstNameKept, person.LastNameKept))

PASSTHROUGH = Transform(
    name="PassthroughUnchangedData",
    description="Returns the value unchanged, for accessors that show it as it is.",
    input_types=ANYTHING,
    output_type="string",
    schema=NOTHING,
    work=lambda value, _given, _now: value,
    kind=TransformKind.PASSTHROUGH,
)

VENDORS_OWN: tuple[BuiltInTransformer, ...] = (
    transformer("c0b5b2a1-0b1f-4b9f-8b1a-1b1f4b9f8b1a", renditions.PASSTHROUGH, PASSTHROUGH, system=True),
    transformer(
        "e3743f5b-521e-4305-b232-ee82549e1477",
        renditions.UUID,
        token(
            "UUID",
            "Gives a random UUID as the value's token.",
            identifiers.UuidFormat(),
            NOTHING,
            input_types=ANYTHING,
            output_type="uuid",
        ),
    ),
    transformer(
        "0cedf7a4-86ab-450a-9426-478ad0a60faa",
        renditions.EMAIL_TOKEN,
        token("EmailToID", "Gives a random e-mail address as token.", email.EmailFormat(), EMAIL_KEPT),
        parameters=[
            {"PreserveValue": False, "PreserveChars": 0, "FinalLength": 12},
            {"PreserveValue": False, "PreserveCommonValue": True, "PreserveChars": 0, "FinalLength": 6},
            {"PreserveValue": True},
        ],
    ),
    transformer(
        "b9bf352f-b1ee-4fb2-a2eb-d0c346c6404b",
        renditions.NAME_ID,
        token(
            "FullNameToID",
            "Keeps the first name and replaces the last one by its first letter and random characters.",
            person.VendorNameFormat(),
            NAME_KEPT,
            kind=TransformKind.TRANSFORM,
        ),
        parameters=[{"PreserveValue": True}, {"PreserveValue": False, "PreserveChars": 1, "FinalLength": 12}],
    ),
    transformer(
        "3f65ee22-2241-4694-bbe3-72cefbe59ff2",
        renditions.SSN_ID,
        token(
            "SSNToID",
            "Keeps the first three digits of an SSN and replaces the others by random ones.",
            ssn.VendorSsnFormat(),
            POSITIONS_KEPT,
            kind=TransformKind.TRANSFORM,
        ),
        parameters={"PreserveValue": False, "DecimalOnly": True, "PreserveCharsTrailing": 0, "PreserveCharsStart": 3},
    ),
    transformer(
        "618a4ae7-9979-4ee8-bac5-db87335fe4d9",
        renditions.CARD_ID,
        token(
            "CreditCardToID",
            "Replaces the 16 digits of a payment card number by random ones, in groups of four.",
            card.VendorCardFormat(),
            POSITIONS_KEPT,
            kind=TransformKind.TRANSFORM,
        ),
    ),
)

TOKENS: tuple[BuiltInTransformer, ...] = (
    transformer(
        "cf6be76c-a816-43b3-a98a-52dd46236947",
        renditions.PHONE_TOKEN,
        token(
            "PhoneToID",
            "Gives a random phone number of the same country and shape as token, the same one each time.",
            phone.PhoneFormat(),
            PHONE_KEPT,
            input_types=PHONES,
        ),
        reuse=True,
    ),
    transformer(
        "41eb993f-965a-4824-896b-66188b4945d6",
        renditions.CARD_TOKEN,
        token(
            "CreditCardToken",
            "Gives a random card number of the same length and grouping as token, the same one each time.",
            card.CardFormat(),
            RecordSchema(card.CardKept),
        ),
        reuse=True,
    ),
    transformer(
        "3bb2574b-116b-46b3-a6fd-3106b83bcf91",
        renditions.SSN_TOKEN,
        token(
            "SSNToken",
            "Gives a random valid SSN as token, the same one each time.",
            ssn.SsnFormat(),
            RecordSchema(ssn.SsnKept),
            input_types=("ssn", "string"),
            output_type="ssn",
        ),
        reuse=True,
    ),
    transformer(
        "a31f6ea8-9fc8-40b2-ad50-439ec9caeec6",
        renditions.NAME_TOKEN,
        token(
            "FullNameToken",
            "Gives an invented, pronounceable name as token, the same one each time.",
            person.NameFormat(),
            RecordSchema(person.NameShaped),
        ),
        reuse=True,
    ),
    transformer(
        "20d60b91-6232-4343-89c0-56a4d73d6f54",
        renditions.SHAPE_TOKEN,
        token(
            "AlphanumericToken",
            "Gives random letters and digits in the shape of the value as token, the same one each time.",
            identifiers.ShapeFormat(),
            NOTHING,
        ),
        reuse=True,
    ),
    transformer(
        "d5c02c17-6336-431b-ba18-85cad914e48c",
        renditions.UUID,
        token(
            "UUIDReference",
            "Gives a random UUID as token that resolves to the value as it is then, if consent still holds.",
            identifiers.UuidFormat(),
            NOTHING,
            kind=TransformKind.TOKENIZE_BY_REFERENCE,
            input_types=ANYTHING,
            output_type="uuid",
        ),
        reuse=True,
    ),
    transformer(
        "f0e3bcc9-8c8d-4827-9559-4be375fc292f",
        renditions.PHONE_TOKEN,
        token(
            "PhoneReference",
            "Gives a random phone number as token that resolves to the number as it is then, if consent still holds.",
            phone.PhoneFormat(),
            PHONE_KEPT,
            kind=TransformKind.TOKENIZE_BY_REFERENCE,
            input_types=PHONES,
        ),
        reuse=True,
    ),
)
