"""The configuration of an environment as words: what stands there, under its names, without values of anybody."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import models

from governance.catalogue import names_of
from governance.drafts.drawings import ALWAYS_LEFT_OUT, Drawing, drawings
from governance.models import Environment

Place = tuple[str, str]
"""A model and a primary key: what a row is, whatever it is called."""

NOTHING = "—"


@dataclass(slots=True)
class Drawn:
    """One row with its parts. `exact` tells it from every other state of it, `marks` are told only as changed."""

    kind: str
    name: str
    lines: dict[str, str] = field(default_factory=dict)
    marks: dict[str, str] = field(default_factory=dict)
    exact: list[str] = field(default_factory=list)


Picture = Mapping[Place, Drawn]


def picture(environment_id: UUID) -> Picture:
    """Draw everything that is configured; must run inside the environment."""
    found: dict[Place, Drawn] = {}
    rows = {drawing: list(_rows(drawing, environment_id)) for drawing in drawings()}
    for drawing, those in rows.items():
        if drawing.part_of is None:
            for row in those:
                found[_place(row)] = Drawn(str(row._meta.verbose_name), drawing.named_by(row))
    wholes = dict(found)
    for drawing, those in rows.items():
        for row in those:
            _draw(drawing, row, wholes)
    return found


def _rows(drawing: Drawing, environment_id: UUID) -> models.QuerySet[Any]:
    rows = drawing.model._default_manager.all()
    if drawing.model is Environment:
        rows = rows.filter(pk=environment_id)
    if drawing.only is not None:
        rows = drawing.only(rows)
    return rows.select_related(*drawing.related).order_by("pk") if drawing.related else rows.order_by("pk")


def _draw(drawing: Drawing, row: models.Model, wholes: dict[Place, Drawn]) -> None:
    """Draw a row into what it is a part of; a part of a part goes into the same whole."""
    told: dict[str, str] = {}
    marks: dict[str, str] = {}
    for one in row._meta.concrete_fields:
        if one.name in ALWAYS_LEFT_OUT or one.name in drawing.left_out or one.name == drawing.part_of:
            continue
        value = getattr(row, one.attname)
        if one.name in drawing.marked:
            marks[_words(one.name)] = "" if value is None else repr(bytes(value) if _is_binary(value) else value)
        else:
            told[_words(one.name)] = _told(row, one, wholes)
    exact = repr((row.pk, str(getattr(row, "public_id", "")), sorted(told.items()), sorted(marks.items())))
    if drawing.part_of is None:
        drawn = wholes[_place(row)]
        drawn.lines.update(told)
        drawn.marks.update(marks)
        drawn.exact.append(exact)
        return
    whole = wholes.get(_place_named(row, drawing.part_of))
    if whole is None:
        return
    wholes[_place(row)] = whole
    name = f"{row._meta.verbose_name} {drawing.named_by(row)}"
    whole.lines[name] = ", ".join(f"{key} {text}" for key, text in told.items() if text != NOTHING) or "yes"
    whole.marks.update({f"{name}, {key}": text for key, text in marks.items()})
    whole.exact.append(repr((name, sorted(told.items()), sorted(marks.items()))))


def _told(row: models.Model, one: models.Field[Any, Any], found: Mapping[Place, Drawn]) -> str:
    value = getattr(row, one.attname)
    if value is None or value in ("", [], {}):
        return NOTHING
    if isinstance(one.related_model, type):
        drawn = found.get((one.related_model._meta.label, str(value)))
        return drawn.name if drawn is not None else str(getattr(row, one.name))
    if isinstance(value, UUID):  # of something on a floor above
        return names_of(one.name.removesuffix("_id")).get(value, str(value))
    return _text(value)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S} UTC"
    if isinstance(value, dict | list):
        return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False, default=str)
    return str(value)


def _is_binary(value: Any) -> bool:
    return isinstance(value, bytes | memoryview)


_CALLED = {"sealed_id": "value", "digest": "secret"}
"""What fields are called whose names say how they are kept."""


def _words(name: str) -> str:
    return _CALLED.get(name, name).replace("_", " ")


def _place(row: models.Model) -> Place:
    return row._meta.label, str(row.pk)


def _place_named(row: models.Model, name: str) -> Place:
    model: Any = row._meta.get_field(name).related_model
    return model._meta.label, str(getattr(row, f"{name}_id"))
