"""Finding a person in the console, by id or by an exact value: what the pages of people and of erasures share.

Ids and values that are typed travel in the body of a request, never in an address.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from governance.errors import GovernanceError, Invalid, Refused, Unavailable
from governance.operators.choice import operator_caller
from governance.operators.permission import standing_for
from userstore.actions.erasure_preview import find_subjects
from userstore.definitions import definitions_of

ERASE = "erase"


def found_by_value(request: HttpRequest) -> dict[str, Any]:
    """Find somebody by the value that was typed; returns what the forms show of it: `found`, or the `fault`.

    Raises:
        Refused, Unavailable: they may not, or it cannot be said now.
    """
    try:
        column_id = _id(request.POST.get("column", ""), Invalid("Choose the column of the value.", field="column"))
        value = request.POST.get("value", "")
        return {"found": find_subjects(operator_caller(request), column_id=column_id, value=value)}
    except (Refused, Unavailable):
        raise
    except GovernanceError as fault:
        return {"fault": said(fault)}


def person_named(request: HttpRequest) -> UUID:
    """Return the id that was typed or chosen; `Invalid` where it is none."""
    remedy = "One has 32 digits and letters from a to f."
    return _id(request.POST.get("user", ""), Invalid("This is no id of a person.", field="user", remedy=remedy))


def forms_of_search(request: HttpRequest, *, search: str, one: str, done: str) -> dict[str, Any]:
    """Return what the forms of `find_person.html` show; what was typed stays in them, but for the value itself.

    Args:
        search, one: names of the addresses that take a value, and the id of one person.
        done: what happens to who is found, in a word or two.
    """
    definitions = definitions_of(standing_for(request))
    columns = [column for column in definitions.by_pk.values() if not column.is_system and column.is_looked_up]
    return {
        "columns": sorted(columns, key=lambda column: column.name),
        "asked_user": request.POST.get("user", ""),
        "asked_column": request.POST.get("column", ""),
        "address_of_search": reverse(search),
        "address_of_one": reverse(one),
        "what_is_done": done,
    }


def said(fault: GovernanceError) -> str:
    """Return a fault as a page says it, with what to do about it."""
    return f"{fault} {fault.remedy or ''}".strip()


def page(request: HttpRequest, template: str, **context: Any) -> HttpResponse:
    """Render a page of the console."""
    return render(request, template, {**admin.site.each_context(request), **context})


def _id(text: str, fault: Invalid) -> UUID:
    try:
        return UUID(text.strip())
    except ValueError:
        raise fault from None
