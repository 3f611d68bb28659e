"""Which transformers may stand before a column that is written: what they take and give has to be of its data type."""

from __future__ import annotations

from userstore.datatypes import DataType
from userstore.datatypes.forms import Concrete
from userstore.definitions import known_data_types
from userstore.errors import Invalid
from userstore.models import Column, MutatorColumn, Transformer
from userstore.models.transformers import PASSTHROUGH
from userstore.transforming.compilation import NATIVES

_FIELD = "columns.normalizer"


def must_normalize(transformer: Transformer, column: Column, *, position: int | None = None) -> None:
    """Return where a transformer can stand before a column; `Invalid` says what of it does not fit, and the remedy."""
    if transformer.tokenizes:
        raise Invalid("A normaliser cannot tokenize.", field=_FIELD, position=position)
    if transformer.transform_type == PASSTHROUGH:
        return
    known = known_data_types()
    wanted = known[column.data_type]
    if not _takes(transformer, wanted, known[transformer.input_data_type]):
        raise Invalid(
            f"Transformer {transformer.name} takes {transformer.input_data_type} and column {column.name} is written "
            f"with {column.data_type}.",
            field=_FIELD,
            position=position,
            remedy=f"Name a transformer whose input_data_type is {column.data_type}.",
        )
    if not _is_alike(known[transformer.output_data_type], wanted):
        raise Invalid(
            f"Transformer {transformer.name} gives {transformer.output_data_type} and column {column.name} holds "
            f"{column.data_type}.",
            field=_FIELD,
            position=position,
            remedy=f"Name a transformer whose output_data_type is {column.data_type}.",
        )


def must_still_normalize(transformer: Transformer) -> None:
    """Return where a transformer still fits every column that a mutator writes through it."""
    if transformer._state.adding:
        return
    for used in MutatorColumn.objects.filter(normalizer=transformer).select_related("column"):
        must_normalize(transformer, used.column)


def _takes(transformer: Transformer, wanted: DataType, declared: DataType) -> bool:
    if transformer.native:
        return NATIVES[transformer.native].takes(wanted.name)
    # Whatever is no composite is sent as a text, too.
    return _is_alike(declared, wanted) or (
        declared.concrete is Concrete.STRING and wanted.concrete is not Concrete.COMPOSITE
    )


def _is_alike(one: DataType, other: DataType) -> bool:
    if Concrete.COMPOSITE in {one.concrete, other.concrete}:
        return one.name == other.name
    return one.concrete is other.concrete
