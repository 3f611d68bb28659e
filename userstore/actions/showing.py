"""Which native transformers may show a column: those that are meant for its data type. Scripts are sent any text."""

from __future__ import annotations

from userstore.errors import Invalid
from userstore.models import AccessorColumn, Column, Transformer
from userstore.models.transformers import PASSTHROUGH
from userstore.transforming.compilation import NATIVES
from userstore.transforming.declaring import ANYTHING

OUTPUT = "columns.transformer"
DEFAULT = "default_transformer"


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


def must_still_show(transformer: Transformer) -> None:
    """Return where a transformer still fits every column that is shown through it."""
    if transformer._state.adding:
        return
    for used in AccessorColumn.objects.filter(transformer=transformer).select_related("column"):
        must_show(transformer, used.column, field="function")
    for column in Column.objects.filter(default_transformer=transformer):
        must_show(transformer, column, field="function")
