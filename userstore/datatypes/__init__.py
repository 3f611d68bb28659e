"""Data types: what a value may be, how it is read, compared, kept and written. Knows neither database nor keys."""

from __future__ import annotations

from userstore.datatypes.errors import ValueRefused
from userstore.datatypes.forms import Concrete, JsonScalar, Value
from userstore.datatypes.normalisers import NORMALISERS, Normaliser
from userstore.datatypes.registry import DATA_TYPES, DATA_TYPES_BY_ID, DataType

__all__ = [
    "DATA_TYPES",
    "DATA_TYPES_BY_ID",
    "NORMALISERS",
    "Concrete",
    "DataType",
    "JsonScalar",
    "Normaliser",
    "Value",
    "ValueRefused",
]
