"""What somebody would see of an invented value: for pages that show what rules mean, without anybody's data."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from userstore.datatypes import Concrete
from userstore.models.accessors import MASKED, NONE
from userstore.reading.outputs import Output
from userstore.transforming.compilation import CompiledTransformer, TransformationFailed

_BY_TYPE: Mapping[str, str] = {
    "email": "ada@example.com",
    "phonenumber": "+49 151 5550199",
    "e164_phonenumber": "+491515550199",
    "ssn": "123-45-6789",
}
_BY_FORM: Mapping[Concrete, str] = {
    Concrete.STRING: "Ada Example",
    Concrete.INTEGER: "42",
    Concrete.BOOLEAN: "true",
    Concrete.DATE: "1984-05-17",
    Concrete.TIMESTAMP: "2031-05-17T10:00:00Z",
    Concrete.UUID: "7c1fd2a0-0000-4000-8000-000000000001",
    Concrete.COMPOSITE: '{"city":"Exampletown"}',
}


def sample_seen(output: Output, level: str, *, now: datetime) -> str:
    """Say what an output column shows at a level of an invented value; nothing at `none`."""
    if level == NONE or (level == MASKED and (output.visibility is None or output.visibility.mask is None)):
        return ""
    shown = output.masked() if level == MASKED else output
    sample = _BY_TYPE.get(output.column.data_type.name) or _BY_FORM[output.column.data_type.concrete]
    return _made_of(sample, shown.transformer, now=now)


def _made_of(sample: str, transformer: CompiledTransformer, *, now: datetime) -> str:
    """What a transformer makes of a text; of one that is drawn or runs a script, its name alone."""
    if not transformer.is_repeatable:
        return f"what {transformer.name} makes of it"
    try:
        return transformer.apply([sample], now=now)[0]
    except TransformationFailed:
        return f"what {transformer.name} makes of it"
