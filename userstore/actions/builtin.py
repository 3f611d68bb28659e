"""The store's built-in objects: the same ids in every environment, as wire clients assume them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from governance.actions.builtin import ALLOW_ALL, OPERATIONAL, lacking_among, make_lacking_keys
from governance.models import AccessPolicy, Purpose
from keyring.actions import create_first_keys
from keyring.keys import KeyKind
from userstore.datatypes import DATA_TYPES
from userstore.datatypes.composites import CANONICAL_ADDRESS
from userstore.definitions import stored_fields
from userstore.models import (
    Accessor,
    AccessorColumn,
    Column,
    DataTypeDefinition,
    Mutator,
    MutatorColumn,
    Transformer,
)
from userstore.models.accessors import PARTIAL, AccessorPurpose
from userstore.tokenization.places import INDEX_SCOPE
from userstore.transforming.builtin import BUILT_IN_TRANSFORMERS

PASSTHROUGH = UUID("c0b5b2a1-0b1f-4b9f-8b1a-1b1f4b9f8b1a")
GET_USERS = UUID("28bf0486-9eea-4db5-ba40-5cef12dd48db")
UPDATE_USER = UUID("45c07eb8-f042-4cc8-b50e-3e6eb7b34bdc")

_SYSTEM = (
    ("b1d12a3e-dbf7-4405-b5fc-7e3919d8e089", "id", "uuid"),
    ("23843bce-b9f1-4d32-9dad-a8c15bc9a17e", "created", "timestamp"),
    ("58616e49-ab3f-48ad-9209-d4b232a35a6d", "updated", "timestamp"),
    ("15772f46-12c1-49af-9e01-4d38545a70bd", "organization_id", "uuid"),
    ("f94923b4-e403-4c95-bcbe-481aaba5fa63", "version", "integer"),
)
_ORDINARY = (
    ("fe20fd48-a006-4ad8-9208-4aad540d8794", "name", "string", "indexed", "name", 3),
    ("83cc42b0-da8c-4a61-9db1-da70f21bab60", "nickname", "string", "none", "name", 3),
    ("4d4d0757-3bc2-424d-9caf-a930edb49b69", "picture", "string", "none", "image", 3),
    ("2c7a7c9b-90e8-47e4-8f6e-ec73bd2dec16", "email", "string", "indexed", "contact", 3),
    ("12b3f133-4ad1-4f11-9d7d-313eb7cb95fa", "email_verified", "boolean", "none", "account", 2),
    ("2ee3d57d-9756-464e-a5e9-04244936cb9e", "external_alias", "string", "unique", "identifier", 3),
)
BUILT_IN_COLUMNS = frozenset(UUID(each[0]) for each in _ORDINARY)
"""Columns that every environment starts with and may retire."""


KEYS = ((KeyKind.INDEX, INDEX_SCOPE), (KeyKind.TOKEN, ""), (KeyKind.PSEUDONYM, ""))
"""Kinds and scopes of the store's keys that every environment has, beside those of its columns."""


def furnish_store(environment_id: UUID) -> None:
    """Make what every environment has, keys, types, columns, transformers, methods; its transaction is open."""
    DataTypeDefinition.objects.bulk_create(_data_types(environment_id))
    Transformer.objects.bulk_create(_transformers(environment_id))
    columns = _define_columns(environment_id)
    indexed = [column for column in columns if column.index_type != "none" and not column.is_system]
    scopes = [(KeyKind.INDEX, str(column.public_id)) for column in indexed]
    create_first_keys(environment_id=environment_id, names=[*KEYS, *scopes])
    _define_methods(environment_id)
    refresh_built_in_methods(environment_id)


def complete_store(environment_id: UUID) -> list[str]:
    """Make the built-in objects that came with newer versions and name them; an editable one stays gone once it is.

    One whose name an object of the environment's own has is left out: what is in use keeps its meaning.
    """
    keys = make_lacking_keys(environment_id, KEYS)
    data_types = lacking_among(DataTypeDefinition, _data_types(environment_id))
    transformers = lacking_among(Transformer, _transformers(environment_id))
    DataTypeDefinition.objects.bulk_create(data_types)
    Transformer.objects.bulk_create(transformers)
    return [*keys, *(each.name for each in data_types), *(each.name for each in transformers)]


def refresh_built_in_methods(environment_id: UUID, *, leaving: Column | None = None) -> None:
    """Let GetUsers return every column there is, and UpdateUser write all that may change; versions grow with changes.

    Args:
        leaving: a column that is about to go.
    """
    accessor = Accessor.objects.get(public_id=GET_USERS)
    mutator = Mutator.objects.get(public_id=UPDATE_USER)
    columns = [column for column in Column.objects.order_by("pk") if column != leaving]
    written = [column for column in columns if not column.is_system and not column.immutable_required]
    if _differ(accessor, columns):
        accessor.columns.all().delete()
        AccessorColumn.objects.bulk_create(
            AccessorColumn(environment_id=environment_id, accessor=accessor, ordinal=ordinal, column=column)
            for ordinal, column in enumerate(columns, start=1)
        )
    if _differ(mutator, written):
        mutator.columns.all().delete()
        MutatorColumn.objects.bulk_create(
            MutatorColumn(environment_id=environment_id, mutator=mutator, ordinal=ordinal, column=column)
            for ordinal, column in enumerate(written, start=1)
        )


def _differ(method: Accessor | Mutator, columns: Sequence[Column]) -> bool:
    """Say whether a method has to follow, and count its version up where it has."""
    named = list(method.columns.order_by("ordinal").values_list("column_id", flat=True))
    if named == [column.pk for column in columns]:
        return False
    method.version += 1
    method.save(update_fields=["version"])
    return True


def _data_types(environment_id: UUID) -> list[DataTypeDefinition]:
    return [
        DataTypeDefinition(
            environment_id=environment_id,
            public_id=data_type.id,
            name=data_type.name,
            description=data_type.description,
            fields=stored_fields(data_type),
            include_id=data_type.includes_id,
            is_native=data_type.name in DATA_TYPES,
            is_system=True,
        )
        for data_type in (*DATA_TYPES.values(), CANONICAL_ADDRESS)
    ]


def _define_columns(environment_id: UUID) -> list[Column]:
    system = [
        Column(
            environment_id=environment_id, public_id=UUID(public_id), name=name, data_type=data_type,
            index_type="unique" if name == "id" else "none", pii_category="identifier", sensitivity=2, is_system=True,
        )
        for public_id, name, data_type in _SYSTEM
    ]  # fmt: skip
    ordinary = [
        Column(
            environment_id=environment_id, public_id=UUID(public_id), name=name, data_type=data_type,
            index_type=index_type, pii_category=category, sensitivity=sensitivity,
        )
        for public_id, name, data_type, index_type, category, sensitivity in _ORDINARY
    ]  # fmt: skip
    return Column.objects.bulk_create([*system, *ordinary])


def _transformers(environment_id: UUID) -> list[Transformer]:
    return [
        Transformer(
            environment_id=environment_id,
            public_id=built_in.id,
            name=built_in.name,
            description=built_in.description,
            input_data_type=built_in.input_data_type,
            output_data_type=built_in.output_data_type,
            transform_type=str(built_in.transform_type),
            function=built_in.function,
            native=built_in.name,
            parameters=built_in.parameters,
            reuse_existing_token=built_in.reuse_existing_token,
            is_system=True,
        )
        for built_in in BUILT_IN_TRANSFORMERS
    ]


def _define_methods(environment_id: UUID) -> None:
    allow_all = AccessPolicy.objects.get(public_id=ALLOW_ALL)
    accessor = Accessor.objects.create(
        environment_id=environment_id, public_id=GET_USERS, name="GetUsers",
        description="Every column of the given subjects, for operations.", selector="{id} = ANY (?)",
        access_policy=allow_all, consent_mode=PARTIAL, overrides_column_policies=True, is_system=True,
    )  # fmt: skip
    AccessorPurpose.objects.create(
        environment_id=environment_id, accessor=accessor, purpose=Purpose.objects.get(public_id=OPERATIONAL)
    )
    Mutator.objects.create(
        environment_id=environment_id, public_id=UPDATE_USER, name="UpdateUser",
        description="Every column of one subject.", selector="{id} = ?", access_policy=allow_all, is_system=True,
    )  # fmt: skip
