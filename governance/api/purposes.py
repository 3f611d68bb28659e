"""Purposes in the wire contract; beyond it they carry their legal basis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from governance.actions.purposes import change_purpose, define_purpose, retire_purpose
from governance.identities import Caller
from governance.models import Purpose
from governance.models.purposes import LegalBasis
from governance.wire.definitions import Family
from governance.wire.fields import Fields
from governance.wire.keys import BY_NAME, Keys, flag_key, text_key
from governance.wire.shapes import FLAG, ID, TEXT, choice, shape


@dataclass(frozen=True, slots=True)
class PurposeAsked:
    """A purpose as a body asks for it."""

    name: str
    description: str
    legal_basis: str


class Purposes(Family[Purpose]):
    """What values may be used for."""

    name = "purpose"
    wrapper = "purpose"
    model = Purpose
    keys: ClassVar[Keys] = {
        **BY_NAME,
        "description": text_key("description"),
        "legal_basis": text_key("legal_basis"),
        "is_system": flag_key("is_system"),
    }
    shape = shape(id=ID, name=TEXT, description=TEXT, legal_basis=choice(*LegalBasis.values), is_system=FLAG)

    def render(self, row: Purpose) -> dict[str, Any]:
        return {
            "id": str(row.public_id),
            "name": row.name,
            "description": row.description,
            "legal_basis": row.legal_basis,
            "is_system": row.is_system,
        }

    def read(self, fields: Fields, stored: Purpose | None) -> PurposeAsked:
        return PurposeAsked(
            name=fields.text("name", stored.name if stored else None),
            description=fields.kept_text("description", stored.description if stored else ""),
            legal_basis=fields.text("legal_basis", stored.legal_basis if stored else LegalBasis.CONSENT.value),
        )

    def create(self, caller: Caller, asked: PurposeAsked, public_id: UUID | None) -> Purpose:
        return define_purpose(
            caller,
            name=asked.name,
            description=asked.description,
            legal_basis=asked.legal_basis,
            public_id=public_id,
        )

    def update(self, caller: Caller, asked: PurposeAsked, public_id: UUID) -> Purpose:
        return change_purpose(
            caller,
            public_id=public_id,
            name=asked.name,
            description=asked.description,
            legal_basis=asked.legal_basis,
        )

    def retire(self, caller: Caller, public_id: UUID) -> None:
        retire_purpose(caller, public_id=public_id)
