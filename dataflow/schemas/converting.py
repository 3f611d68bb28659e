"""Records as bytes and as values: `raw` takes them as they are, `json` by their shape."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from typing import Any

import orjson

from dataflow.schemas.choices import read_choice, written_choice
from dataflow.schemas.shapes import ANYTHING, Anything, Choice, Many, Pair, Primitive, Record, Shape
from dataflow.schemas.unfit import Check, ValueUnfit, at_path

_WHOLE = {"u8": (0, 2**8), "u16": (0, 2**16), "u32": (0, 2**32), "u64": (0, 2**64)} | {
    f"i{bits}": (-(2 ** (bits - 1)), 2 ** (bits - 1)) for bits in (8, 16, 32, 64)
}


def reader(shape: Shape, *, outside: bool = True) -> Check:
    """Return what reads a decoded JSON value of a shape.

    `outside`: by the names that fields have outside; what the shape does not have is left out there. Code is held to
    its shape: a field more is refused.
    """
    match shape:
        case Anything():
            return lambda value, _: value
        case Primitive():
            return _primitive(shape.name)
        case Many():
            return _many(reader(shape.items, outside=outside))
        case Record():
            return _record(shape, outside=outside)
        case Choice():
            return read_choice(shape, reader, outside=outside)
        case Pair():
            return _pair(reader(shape.key, outside=outside), reader(shape.value, outside=outside))


def writer(shape: Shape) -> Check:
    """Return what turns a value that code returned into one that JSON can hold, by the names outside."""
    match shape:
        case Record():
            fields = [(each.name, each.written_as, each.optional, writer(each.shape)) for each in shape.fields]
            return _written(fields)
        case Many():
            return _many(writer(shape.items))
        case Choice():
            return written_choice(shape, writer)
        case Pair():
            return _pair(writer(shape.key), writer(shape.value))
        case _:
            return reader(shape)


def decode_json(data: bytes) -> Any:
    """Parse one JSON document. Raises `ValueUnfit`."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise ValueUnfit(f"no JSON at character {error.pos}") from None


def encode_json(value: Any) -> bytes:
    """Write one JSON document. Raises `ValueUnfit` for what is nested deeper than can be written."""
    try:
        return orjson.dumps(value)
    except TypeError:
        raise ValueUnfit("the record is nested too deeply, or holds what JSON cannot") from None


def decode_raw(shape: Shape) -> Callable[[bytes], Any]:
    """Return what reads the bytes of a raw record; numbers are their digits."""
    if shape in (ANYTHING, Primitive("string")):
        return _text
    if shape == Primitive("bytes"):
        return lambda data: data
    check = reader(shape)
    return lambda data: check(decode_json(data), "")


def encode_raw(shape: Shape) -> Callable[[Any], bytes]:
    """Return what writes a value as a raw record."""
    check = writer(shape)

    def encode(value: Any) -> bytes:
        told = check(value, "")
        if isinstance(told, bytes):
            return told
        return told.encode() if isinstance(told, str) else encode_json(told)

    return encode


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise ValueUnfit(f"no UTF-8 at byte {error.start}") from None


def _primitive(name: str) -> Check:
    if name in _WHOLE:
        return _whole(name, *_WHOLE[name])
    return {"string": _string, "bytes": _bytes, "bool": _bool, "f32": _single, "f64": _float}[name]


def _whole(name: str, least: int, above: int) -> Check:
    def check(value: Any, path: str) -> Any:
        if type(value) is not int or not least <= value < above:
            raise ValueUnfit(f"{at_path(path)} is no {name}")
        return value

    return check


def _string(value: Any, path: str) -> Any:
    if type(value) is not str:
        raise ValueUnfit(f"{at_path(path)} is no string")
    return value


def _bytes(value: Any, path: str) -> Any:
    """Take bytes as they are; in JSON they are a list of numbers, as the reference's serializer writes them."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, list) and all(type(each) is int and 0 <= each < 256 for each in value):
        return bytes(value)
    raise ValueUnfit(f"{at_path(path)} is no bytes")


def _bool(value: Any, path: str) -> Any:
    if type(value) is not bool:
        raise ValueUnfit(f"{at_path(path)} is neither true nor false")
    return value


def _float(value: Any, path: str) -> Any:
    if type(value) not in (int, float) or not math.isfinite(value):
        raise ValueUnfit(f"{at_path(path)} is no finite number")
    return float(value)


def _single(value: Any, path: str) -> Any:
    number = _float(value, path)
    try:
        return struct.unpack("f", struct.pack("f", number))[0]
    except OverflowError:
        raise ValueUnfit(f"{at_path(path)} is no f32") from None


def _many(inner: Check) -> Check:
    def check(value: Any, path: str) -> Any:
        if not isinstance(value, list | tuple):
            raise ValueUnfit(f"{at_path(path)} is no list")
        return [inner(each, f"{path}[{number}]") for number, each in enumerate(value)]

    return check


def _record(shape: Record, *, outside: bool) -> Check:
    fields = [
        (each.name, each.read_as if outside else each.name, each.optional, reader(each.shape, outside=outside))
        for each in shape.fields
    ]
    known = {each.name for each in shape.fields}

    def check(value: Any, path: str) -> Any:
        _must_be_object(value, path, None if outside else known)
        found: dict[str, Any] = {}
        for name, given, optional, inner in fields:
            told = value.get(given)
            if told is None:
                if not optional:
                    raise ValueUnfit(f"{at_path(f'{path}.{given}')} is missing")
                found[name] = None
            else:
                found[name] = inner(told, f"{path}.{given}")
        return found

    return check


def _must_be_object(value: Any, path: str, known: set[str] | None) -> None:
    """Raise `ValueUnfit` for what is none, and where `known` says which fields there are, for one that has others."""
    if not isinstance(value, dict):
        raise ValueUnfit(f"{at_path(path)} is no object")
    unknown = () if known is None else value.keys() - known
    if unknown:
        says = "a field" if len(unknown) == 1 else f"{len(unknown)} fields"
        raise ValueUnfit(f"{at_path(path)} has {says} that its type does not have")


def _written(fields: list[tuple[str, str, bool, Check]]) -> Check:
    known = {name for name, _, _, _ in fields}

    def check(value: Any, path: str) -> Any:
        _must_be_object(value, path, known)
        found = {}
        for name, outside, optional, inner in fields:
            told = value.get(name)
            if told is not None:
                found[outside] = inner(told, f"{path}.{name}")
            elif not optional:
                raise ValueUnfit(f"{at_path(f'{path}.{name}')} is missing")
        return found

    return check


def _pair(key: Check, value: Check) -> Check:
    def check(given: Any, path: str) -> Any:
        if not isinstance(given, list | tuple) or len(given) != 2:
            raise ValueUnfit(f"{at_path(path)} is no pair of a key and a value")
        return None if given[0] is None else key(given[0], f"{path}.key"), value(given[1], f"{path}.value")

    return check
