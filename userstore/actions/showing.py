"""Which native transformers may show a column: those that are meant for its data type. Scripts are sent any text."""

from __future__ import annotations

from userstore.errors import Invalid
from userstore.models import AccessorColumn, Column, Transformer
from userstore.models.transformers import PASSTHROUGH, TRANSFORM
from userstore.transforming.builtin_normalisers import NORMALISING
from userstore.transforming.compilation import NATIVES
from userstore.transforming.declaring import ANYTHING

OUTPUT = "columns.transformer"
DEFAULT = "default_transformer"
NORMALIZERS = frozenset(each.name for each in NORMALISING)
MASK = "columns.visibility.mask"


def must_show(transformer: Transformer, column: Column, *, field: str, position: int | None = None) -> None:
    """Return where a transformer can show a column; `Invalid` says what does not fit, and the remedy."""
    if not transformer.native or transformer.transform_type == PASSTHROUGH:
        return
    native = NATIVES[transformer.native]
    # What takes every native type looks at texts alone, and the text of a composite value is one of them.
    if native.takes(column.data_type) or set(native.input_types) >= set(ANYTHING):
        return
    raise Invalid(
        f"Transformer {transformer.name} takes {', '.join(native.input_types)}, and column {column.name} holds "
        f"{column.data_type}.",
        field=field,
        position=position,
        remedy=f"Name a transformer that takes {column.data_type}. FullMask, EndsMask and Redact take any value.",
    )


def must_mask(transformer: Transformer, column: Column, *, position: int | None = None) -> None:
    """Return where a transformer can stand in for a column's values as their mask; `Invalid` says what does not fit."""
    is_normalizer = transformer.native in NORMALIZERS
    if transformer.transform_type != TRANSFORM or is_normalizer:
        raise Invalid(
            f"Transformer {transformer.name} is no mask: it shows the value or makes a token of it.",
            field=MASK,
            position=position,
            remedy="Name a masking transformer, such as FullMask, EndsMask or Redact.",
        )
    must_show(transformer, column, field=MASK, position=position)


def masks_for(column: Column) -> list[Transformer]:
    """Return the transformers that can stand in for a column's values as their mask, by name."""
    return [each for each in Transformer.objects.order_by("name") if _can_mask(each, column)]


def _can_mask(transformer: Transformer, column: Column) -> bool:
    try:
        must_mask(transformer, column)
    except Invalid:
        return False
    return True


def must_still_show(transformer: Transformer) -> None:
    """Return where a transformer still fits every column that is shown through it."""
    if transformer._state.adding:
        return
    for used in AccessorColumn.objects.filter(transformer=transformer).select_related("column"):
        must_show(transformer, used.column, field="function")
    for used in AccessorColumn.objects.filter(mask=transformer).select_related("column"):
        must_mask(transformer, used.column)
    for column in Column.objects.filter(default_transformer=transformer):
        must_show(transformer, column, field="function")
