"""What values may be used for: read in the wire contract's form, and changed value by value."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view

from governance.actions.change import clearance_for
from governance.errors import Invalid
from governance.identities import Caller
from governance.standing import fresh_standing_of
from governance.wire.fields import Fields
from governance.wire.hot import answer_json
from governance.wire.references import required_by
from governance.wire.shapes import ERROR, FLAG, ID, MOMENT, NUMBER, REFERENCE, TEXT, array, or_null, shape
from keyring.walls import in_environment
from userstore import events
from userstore.actions.consent_checks import MOST_PEOPLE, permitted_people
from userstore.actions.consents import change_consent, consented_values
from userstore.actions.idempotency import Answer
from userstore.api.calls import CallView, repeatable
from userstore.api.terms import DECISION, IDEMPOTENCY_HEADER, consent_terms
from userstore.definitions import definitions_of
from userstore.models import Column
from userstore.queries import ConsentedValue

_VALUE = shape(value_id=ID, column=TEXT, ordinal=NUMBER, purposes=array(shape(name=TEXT, until=or_null(MOMENT))))
_ERRORS = {400: ERROR, 401: ERROR, 403: ERROR, 413: ERROR, 415: ERROR, 503: ERROR}


@extend_schema_view(
    post=extend_schema(
        operation_id="consented_purposes",
        tags=["consents"],
        parameters=[DECISION],
        request={"application/json": shape(user_id=ID, columns=array(REFERENCE))},
        responses={200: shape(data=array(shape(column=REFERENCE, consented_purposes=array(REFERENCE)))), **_ERRORS},
    )
)
class ConsentedPurposes(CallView):
    """Per column, every purpose that some value of it may be used for now."""

    def call(self, request: HttpRequest, caller: Caller, body: Any) -> HttpResponse:
        fields = Fields(body)
        values, recorded = consented_values(caller, subject_id=fields.id("user_id"), now=timezone.now())
        standing = fresh_standing_of(caller.environment_id)
        definitions = definitions_of(standing)
        with in_environment(caller.environment_id):
            named = [required_by(each, Column) for each in fields.nested_list("columns")]
        wanted = [definitions.by_public_id[each] for each in named] or list(definitions.by_pk.values())
        data = []
        for column in wanted:
            names = sorted({name for value in values if value.column == column.name for name in _permitted(value)})
            purposes = [standing.purposes_by_name[name.lower()] for name in names]
            data.append(
                {
                    "column": {"id": str(column.public_id), "name": column.name},
                    "consented_purposes": [{"id": str(p.public_id), "name": p.name} for p in purposes],
                }
            )
        return answer_json({"data": data}, decision_id=recorded.decision_id)


@extend_schema_view(
    post=extend_schema(
        operation_id="list_consents",
        tags=["consents"],
        parameters=[DECISION],
        request={"application/json": shape(user_id=ID)},
        responses={
            200: shape(data=array(_VALUE), entry_id=ID),
            **_ERRORS,
        },
    )
)
class ListConsents(CallView):
    """Every value of a user with its purposes and their ends; the values themselves are not shown."""

    def call(self, request: HttpRequest, caller: Caller, body: Any) -> HttpResponse:
        values, recorded = consented_values(caller, subject_id=Fields(body).id("user_id"), now=timezone.now())
        answer = {"data": [_rendered(value) for value in values], "entry_id": str(recorded.entry_id)}
        return answer_json(answer, decision_id=recorded.decision_id)


@extend_schema_view(
    post=extend_schema(
        operation_id="check_consents",
        tags=["consents"],
        parameters=[DECISION],
        request={
            "application/json": {
                **shape(user_ids={**array(ID), "minItems": 1, "maxItems": MOST_PEOPLE}, purpose=REFERENCE),
                "required": ["user_ids", "purpose"],
            }
        },
        responses={200: shape(user_ids=array(ID)), **_ERRORS},
    )
)
class CheckConsents(CallView):
    """For which of many users a purpose is permitted now: of whom a value may be used for it."""

    def call(self, request: HttpRequest, caller: Caller, body: Any) -> HttpResponse:
        fields = Fields(body)
        subject_ids = [_id(each, position) for position, each in enumerate(fields.array("user_ids"))]
        if not 1 <= len(subject_ids) <= MOST_PEOPLE:
            raise Invalid(f"Give 1 to {MOST_PEOPLE} ids.", field="user_ids")
        permitted, decision_id = permitted_people(caller, subject_ids=subject_ids, purpose=fields.raw("purpose"))
        return answer_json({"user_ids": sorted(map(str, permitted))}, decision_id=decision_id)


@extend_schema_view(
    post=extend_schema(
        operation_id="change_consent",
        tags=["consents"],
        parameters=[IDEMPOTENCY_HEADER, DECISION],
        request={
            "application/json": {
                **shape(
                    user_id=ID, purpose=TEXT, permitted=FLAG, value_id=ID, column=TEXT, text_version=TEXT, until=MOMENT
                ),
                "required": ["user_id", "purpose", "permitted"],
            }
        },
        responses={200: shape(entry_id=ID), **_ERRORS, 404: ERROR, 409: ERROR},
    )
)
class ChangeConsent(CallView):
    """Permit a purpose for one value, or withdraw it for a value, a column or everything of a user."""

    def call(self, request: HttpRequest, caller: Caller, body: Any) -> HttpResponse:
        fields = Fields(body)
        wanted: dict[str, Any] = {
            "subject_id": fields.id("user_id"),
            "purpose": fields.text("purpose"),
            "permitted": fields.flag("permitted"),
            "value_id": fields.optional_id("value_id"),
            "column": fields.text("column", "") or None,
            "terms": consent_terms(fields),
        }

        def change() -> Answer:
            recorded = change_consent(caller, now=timezone.now(), **wanted)
            return Answer(200, orjson.dumps({"entry_id": str(recorded.entry_id)}), recorded.decision_id)

        def clear() -> object:
            return clearance_for(caller, "consent", events.CONSENT_CHANGED, now=timezone.now())

        return repeatable(request, caller, body, change, clear=clear)


def _id(told: object, position: int) -> UUID:
    try:
        return UUID(str(told))
    except ValueError:
        raise Invalid("An id is a UUID.", field="user_ids", position=position) from None


def _permitted(value: ConsentedValue) -> list[str]:
    now = timezone.now()
    return [name for name, until in value.purposes.items() if until is None or until > now]


def _rendered(value: ConsentedValue) -> dict[str, Any]:
    return {
        "value_id": str(value.value_id),
        "column": value.column,
        "ordinal": value.ordinal,
        "purposes": [
            {"name": name, "until": until.isoformat() if until else None}
            for name, until in sorted(value.purposes.items())
        ],
    }
