"""Access rules: under which terms temporary access is granted."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any
from uuid import UUID

from django.contrib.auth.models import Group
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from governance.actions.access_rules import RuleTerms, change_access_rule, define_access_rule, retire_access_rule
from governance.api.taking_part import TAGS, TakingPartView
from governance.errors import Invalid, NotFound
from governance.models import AccessRule
from governance.wire.definitions import caller_in
from governance.wire.fields import Fields
from governance.wire.keys import BY_ID, Keys, text_key
from governance.wire.parameters import list_parameters
from governance.wire.problems import PROBLEMS
from governance.wire.shapes import FLAG, ID, NUMBER, TEXT, or_null, page_shape, shape
from keyring.walls import in_environment

_TERMS: dict[str, Any] = {
    "approvals": {**NUMBER, "description": "Different people who have to approve; 1 to 9."},
    "longest_minutes": NUMBER,
    "ceiling_minutes": {**NUMBER, "description": "A request together with its extensions."},
    "decide_within_minutes": NUMBER,
    "begin_within_minutes": NUMBER,
    "most_subjects": NUMBER,
    "factor_minutes": or_null({**NUMBER, "description": "How fresh a second factor has to be; null: none is needed."}),
    "needs_ticket": FLAG,
    "emergency_minutes": NUMBER,
    "emergencies_per_week": NUMBER,
    "review_percent": {**NUMBER, "description": "Share of grants that are looked back at, 0 to 100."},
    "review_within_hours": NUMBER,
}
_ABOUT: dict[str, Any] = {
    "name": TEXT,
    "accessor_id": or_null({**ID, "description": "null: every accessor."}),
    "emergency_group": or_null({**TEXT, "description": "Group that may declare emergencies; null: nobody may."}),
}
_RULE = shape(id=ID, **_ABOUT, **_TERMS)
_ASKED = {"application/json": {**shape(id=ID, **_ABOUT, **_TERMS), "required": ["name"]}}
_CHANGED = {"application/json": shape(**_ABOUT, **_TERMS)}
_KEYS: Keys = {**BY_ID, "name": text_key("name")}


class AccessRules(TakingPartView):
    """List the terms of temporary access, or define some; of several that fit, the strictest of each holds."""

    @extend_schema(operation_id="list_access_rules", tags=TAGS, parameters=list_parameters(_KEYS),
                   responses={200: page_shape(_RULE), **PROBLEMS})  # fmt: skip
    def get(self, request: Request) -> Response:
        rows = AccessRule.objects.select_related("emergency_group")
        return self.paged(request, lambda: rows, _KEYS, lambda row, _: _rendered(row))

    @extend_schema(operation_id="define_access_rule", tags=TAGS, request=_ASKED, responses={201: _RULE, **PROBLEMS})
    def post(self, request: Request) -> Response:
        fields = Fields(request.data)
        rule = define_access_rule(
            caller_in(request),
            name=fields.text("name"),
            terms=_terms(fields, RuleTerms()),
            accessor_id=fields.optional_id("accessor_id"),
            emergency_group=_group(fields.text("emergency_group", "")),
            public_id=fields.optional_id("id"),
        )
        return Response(_rendered(rule), status=201)


class SingleAccessRule(TakingPartView):
    """Read, change or retire a rule; what was granted before stays as it was granted."""

    @extend_schema(operation_id="get_access_rule", tags=TAGS, responses={200: _RULE, **PROBLEMS})
    def get(self, request: Request, rule_id: UUID) -> Response:
        with in_environment(caller_in(request).environment_id):
            return Response(_rendered(_found(rule_id)))

    @extend_schema(operation_id="change_access_rule", tags=TAGS, request=_CHANGED, responses={200: _RULE, **PROBLEMS})
    def put(self, request: Request, rule_id: UUID) -> Response:
        caller, fields = caller_in(request), Fields(request.data)
        with in_environment(caller.environment_id):
            stored = _found(rule_id)
            group = stored.emergency_group
        if fields.has("emergency_group"):
            group = _group(fields.text("emergency_group", ""))
        kept = RuleTerms(**{name: getattr(stored, name) for name in _TERMS})
        rule = change_access_rule(
            caller,
            public_id=rule_id,
            name=fields.text("name", stored.name),
            terms=_terms(fields, kept),
            accessor_id=fields.optional_id("accessor_id") if fields.has("accessor_id") else stored.accessor_id,
            emergency_group=group,
        )
        return Response(_rendered(rule))

    @extend_schema(operation_id="retire_access_rule", tags=TAGS,
                   responses={204: OpenApiResponse(description="Retired."), **PROBLEMS})  # fmt: skip
    def delete(self, request: Request, rule_id: UUID) -> Response:
        retire_access_rule(caller_in(request), public_id=rule_id)
        return Response(status=204)


def _terms(fields: Fields, kept: RuleTerms) -> RuleTerms:
    """Read terms; those that are absent stay as they are."""
    asked: dict[str, Any] = {}
    for name in asdict(kept):
        if not fields.has(name):
            continue
        if name == "needs_ticket":
            asked[name] = fields.flag(name)
        elif name == "factor_minutes" and fields.raw(name) is None:
            asked[name] = None
        else:
            asked[name] = _small(fields, name)
    return replace(kept, **asked)


def _small(fields: Fields, name: str) -> int:
    number = fields.number(name)
    if name in _SMALL and number > _LARGEST_SMALL:
        raise Invalid(f"At most {_LARGEST_SMALL}.", field=fields.path(name))
    return number


_LARGEST_SMALL = 2**15 - 1
_SMALL = frozenset(
    {
        "approvals", "factor_minutes", "emergency_minutes", "emergencies_per_week", "review_percent",
        "review_within_hours",
    }
)  # fmt: skip
"""Terms whose columns are small integers."""


def _group(name: str) -> Group | None:
    if not name:
        return None
    found = Group.objects.filter(name=name).first()
    if found is None:
        raise Invalid("There is no such group.", field="emergency_group")
    return found


def _found(rule_id: UUID) -> AccessRule:
    rule = AccessRule.objects.select_related("emergency_group").filter(public_id=rule_id).first()
    if rule is None:
        raise NotFound("There is no such access rule.", field="id")
    return rule


def _rendered(rule: AccessRule) -> dict[str, Any]:
    return {
        "id": str(rule.public_id),
        "name": rule.name,
        "accessor_id": str(rule.accessor_id) if rule.accessor_id else None,
        "emergency_group": rule.emergency_group.name if rule.emergency_group else None,
        **{name: getattr(rule, name) for name in _TERMS},
    }
