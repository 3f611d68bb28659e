"""Data types: what a value may be, how it is read, compared, kept and written. Knows neither database nor keys."""

from __future__ import annotations

from userstore.datatypes.errors import ValueRefused
from userstore.datatypes.forms import Composite, Concrete, JsonScalar, JsonValue, Value
from userstore.datatypes.normalisers import NORMALISERS, Normaliser
from userstore.datatypes.registry import DATA_TYPES, DATA_TYPES_BY_ID
from userstore.datatypes.types import CompositeField, DataType

__all__ = [
    "DATA_TYPES",
    "DATA_TYPES_BY_ID",
    "NORMALISERS",
    "Composite",
    "CompositeField",
    "Concrete",
    "DataType",
    "JsonScalar",
    "JsonValue",
    "Normaliser",
    "Value",
    "ValueRefused",
]
