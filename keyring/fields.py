"""Model text that may hold PII: justifications, notes, comments, e-mail addresses of subjects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn
from uuid import UUID

from django.db import models
from django.db.models.query_utils import DeferredAttribute

from keyring.forms import SealedFormField
from keyring.keys import KeyKind, key_for
from keyring.places import text_place
from keyring.plain import Plain
from keyring.sealed_text import SealedBytes, SealedText
from keyring.sealing import SEALED_OVERHEAD
from keyring.walls import SYSTEM_ENVIRONMENT

if TYPE_CHECKING:
    _Field = models.Field[str | Plain[str] | SealedText | None, SealedText | Plain[str] | None]
else:
    _Field = models.Field


class SealedAttribute(DeferredAttribute):
    """Gives sealed bytes as `SealedText` in the place of their row and takes text to be sealed at the next save."""

    field: SealedField

    def __get__(self, instance: models.Model | None, cls: type[models.Model] | None = None) -> Any:
        held = super().__get__(instance, cls)
        if instance is None or not isinstance(held, SealedBytes):
            return held
        environment_id, place = self.field.place_of(instance)
        return SealedText(environment_id=environment_id, sealed=held, place=place)

    def __set__(self, instance: models.Model, value: Any) -> None:
        instance.__dict__[self.field.attname] = self._held(instance, value)

    def _held(self, instance: models.Model, value: Any) -> Any:
        if isinstance(value, str):
            return Plain(value)
        if isinstance(value, SealedText):
            if instance.pk is None or not value.is_at(self.field.place_of(instance)[1]):
                raise ValueError("sealed text belongs to another row: reveal it and assign the text")
            return value.sealed
        if value is None or isinstance(value, Plain | SealedBytes | models.expressions.DatabaseDefault):
            return value
        raise TypeError(f"{self.field.name} takes text")


class SealedField(_Field):
    """Text that the database, its backups and its logs only see sealed.

    Assign a `str` (or `Plain[str]`): it is sealed at save with the environment's text key, tied to environment,
    table, column and primary key. Read it: a `SealedText`, which only `.reveal()` opens (before the save: a `Plain`).
    A row without `environment_id` belongs to the system environment. The primary key must be known before the save
    (a UUID default). It cannot be searched, sorted or updated in bulk by expression; `isnull` works.
    """

    descriptor_class = SealedAttribute
    description = "Sealed text"
    empty_strings_allowed = False

    if TYPE_CHECKING:
        _pyi_private_set_type: str | Plain[str] | SealedText | None
        _pyi_private_get_type: SealedText | Plain[str] | None

    def get_internal_type(self) -> str:
        return "BinaryField"

    def db_check(self, connection: Any) -> str:
        """Let the database refuse whatever is not sealed, should an expression get past this class."""
        column = connection.ops.quote_name(self.column)
        return f"octet_length({column}) >= {SEALED_OVERHEAD} and substring({column} for 1) = '\\x01'::bytea"

    def place_of(self, instance: models.Model) -> tuple[UUID, bytes]:
        """Return the environment of a row's text and its place; raise `ValueError` where the row has no key yet."""
        if instance.pk is None:
            raise ValueError(f"{self.name} needs its row's primary key before it is saved")
        environment_id = getattr(instance, "environment_id", None) or SYSTEM_ENVIRONMENT
        return environment_id, text_place(environment_id, self.model._meta.db_table, str(self.column), instance.pk)

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:  # noqa: ARG002  Django names it when it calls
        held = model_instance.__dict__.get(self.attname)
        if isinstance(held, Plain):
            environment_id, place = self.place_of(model_instance)
            held = SealedBytes(key_for(environment_id, KeyKind.TEXT).seal(held.reveal().encode(), place))
            model_instance.__dict__[self.attname] = held
        return held

    def from_db_value(self, value: Any, *_: Any) -> SealedBytes | None:
        """Mark what the database gives as sealed."""
        return None if value is None else SealedBytes(value)

    def get_prep_value(self, value: Any) -> Any:
        if isinstance(value, SealedText):
            return value.sealed
        if value is None or isinstance(value, SealedBytes) or hasattr(value, "resolve_expression"):
            return value
        raise TypeError(f"{self.name} is sealed for one row: assign the text to the row and save that")

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        value = super().get_db_prep_value(value, connection, prepared)
        return connection.Database.Binary(bytes(value)) if isinstance(value, SealedBytes) else value

    def to_python(self, value: Any) -> Any:
        return value

    def get_lookup(self, lookup_name: str) -> Any:
        """Allow `isnull` only: nothing else can be asked of sealed text."""
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None

    def get_transform(self, lookup_name: str) -> None:
        """Offer none."""

    def value_to_string(self, obj: models.Model) -> NoReturn:  # noqa: ARG002  Django's signature
        raise TypeError(f"{self.name} is sealed for its row and is not exported")

    def formfield(self, **kwargs: Any) -> Any:
        return super().formfield(**{"form_class": SealedFormField, **kwargs})
