"""Rules of the analysis: how they run here, what they would have found, and setting them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from audit.actions.backtests import LONGEST_BACKTEST
from audit.analysis.standing import RuleState, backtests_of, rule_state, rule_states
from audit.models import BacktestRun
from governance.actions.detections import ask_backtest, may_see_found, set_detection
from governance.api.configuring import ConfiguringView
from governance.errors import Invalid, NotFound
from governance.wire.definitions import caller_in
from governance.wire.fields import Fields
from governance.wire.problems import PROBLEMS
from governance.wire.shapes import FLAG, ID, MOMENT, NUMBER, TEXT, array, choice, or_null, shape
from keyring.walls import in_environment

_NUMBERS: dict[str, Any] = {"type": "object", "additionalProperties": {"type": "number"}}
_PARAMETER = shape(name=TEXT, value={"type": "number"}, default={"type": "number"}, least={"type": "number"},
                   most={"type": "number"}, means=TEXT)  # fmt: skip
_RULE = shape(
    id=TEXT,
    version=NUMBER,
    title=TEXT,
    severity=TEXT,
    action=choice("inform", "review", "contain"),
    runbook=TEXT,
    is_enabled=FLAG,
    is_containing={**FLAG, "description": "What it finds is stopped at once; for rules of the action `contain`."},
    revision={**NUMBER, "description": "How often it was set here. To set it again takes this number."},
    threshold=NUMBER,
    own_threshold=NUMBER,
    parameters=array(_PARAMETER),
)
_SET = shape(revision=NUMBER, is_enabled=FLAG, is_containing=FLAG, threshold=or_null(NUMBER), parameters=_NUMBERS)
_BACKTEST = shape(
    id=ID,
    detection=TEXT,
    version=NUMBER,
    threshold=NUMBER,
    parameters=_NUMBERS,
    first={**TEXT, "format": "date"},
    last={**TEXT, "format": "date"},
    asked_at=MOMENT,
    state=choice("waiting", "running", "done", "failed"),
    finished_at=or_null(MOMENT),
    failed_at=or_null(MOMENT),
    fault={**TEXT, "description": "Why it failed: `error`, `time`, `worker` (lost over it, twice), `version`."},
    accesses=NUMBER,
    alerts=NUMBER,
    found=array(shape(day={**TEXT, "format": "date"}, actor=TEXT, nats={"type": "number"})),
)
_TAGS = ["governance"]


class Detections(ConfiguringView):
    """List the rules as they run here."""

    @extend_schema(operation_id="list_detections", tags=_TAGS, responses={200: shape(data=array(_RULE)), **PROBLEMS})
    def get(self, request: Request) -> Response:
        with in_environment(caller_in(request).environment_id):
            return Response({"data": [_rendered(each) for each in rule_states()]})


class SingleDetection(ConfiguringView):
    """Read how a rule runs, or set it."""

    @extend_schema(operation_id="get_detection", tags=_TAGS, responses={200: _RULE, **PROBLEMS})
    def get(self, request: Request, detection: str) -> Response:
        with in_environment(caller_in(request).environment_id):
            return Response(_rendered(_known(detection)))

    @extend_schema(
        operation_id="set_detection",
        tags=_TAGS,
        description="What is absent stays as it is; a `threshold` that is null is the rule's own. To enable a rule, "
        "or to have it run by other numbers, takes a finished backtest of exactly these (409 otherwise). `revision` is "
        "what was read of the rule: where somebody has set it since, nothing changes (409).",
        request={"application/json": {**_SET, "required": ["revision"]}},
        responses={200: _RULE, **PROBLEMS},
    )
    def put(self, request: Request, detection: str) -> Response:
        caller, fields = caller_in(request), Fields(request.data)
        with in_environment(caller.environment_id):
            state = _known(detection)
        set_detection(
            caller,
            detection=detection,
            is_enabled=fields.flag("is_enabled", default=state.is_enabled),
            is_containing=fields.flag("is_containing", default=state.is_containing),
            threshold=_threshold(fields) if fields.has("threshold") else state.threshold,
            parameters=_numbers(fields) if fields.has("parameters") else state.set_numbers,
            revision=fields.number("revision"),
        )
        with in_environment(caller.environment_id):
            return Response(_rendered(_known(detection)))


class Backtests(ConfiguringView):
    """List what a rule would have found, or have that worked out."""

    @extend_schema(operation_id="list_backtests", tags=_TAGS,
                   responses={200: shape(data=array(_BACKTEST)), **PROBLEMS})  # fmt: skip
    def get(self, request: Request, detection: str) -> Response:
        caller = caller_in(request)
        with in_environment(caller.environment_id):
            _known(detection)
            runs = backtests_of(detection)
        is_seen = may_see_found(caller, runs, door="api")
        return Response({"data": [_told(each, with_found=is_seen) for each in runs]})

    @extend_schema(
        operation_id="ask_backtest",
        tags=_TAGS,
        description="It is worked out in the background; `state` says how far that is. Up to five of an "
        "environment wait.",
        request={
            "application/json": shape(
                days={**NUMBER, "minimum": 1, "maximum": LONGEST_BACKTEST},
                threshold=or_null(NUMBER),
                parameters=_NUMBERS,
            )
        },
        responses={202: _BACKTEST, **PROBLEMS},
    )
    def post(self, request: Request, detection: str) -> Response:
        caller, fields = caller_in(request), Fields(request.data)
        with in_environment(caller.environment_id):
            _known(detection)
        run = ask_backtest(
            caller,
            detection=detection,
            days=fields.number("days"),
            threshold=_threshold(fields),
            parameters=_numbers(fields),
        )
        return Response(_told(run, with_found=False), status=202)


def _known(detection: str) -> RuleState:
    state = rule_state(detection)
    if state is None:
        raise NotFound("There is no such rule.", field="detection")
    return state


def _threshold(fields: Fields) -> int | None:
    return fields.number("threshold") if fields.raw("threshold") is not None else None


def _numbers(fields: Fields) -> dict[str, float]:
    said = fields.raw("parameters")
    if said is None:
        return {}
    if not isinstance(said, Mapping) or not all(
        isinstance(each, int | float) and not isinstance(each, bool) for each in said.values()
    ):
        raise Invalid("This has to be an object of numbers.", field=fields.path("parameters"))
    return {str(name): float(value) for name, value in said.items()}


def _rendered(state: RuleState) -> dict[str, Any]:
    rule, values = state.rule, state.values
    return {
        "id": rule.id,
        "version": rule.version,
        "title": rule.title,
        "severity": rule.severity,
        "action": rule.action,
        "runbook": rule.runbook,
        "is_enabled": state.is_enabled,
        "is_containing": state.is_containing,
        "revision": state.revision,
        "threshold": state.threshold,
        "own_threshold": rule.threshold,
        "parameters": [
            {
                "name": each.name,
                "value": values[each.name],
                "default": each.default,
                "least": each.least,
                "most": each.most,
                "means": each.means,
            }
            for each in rule.parameters
        ],
    }


def _told(run: BacktestRun, *, with_found: bool) -> dict[str, Any]:
    return {
        "id": str(run.id),
        "detection": run.detection,
        "version": run.version,
        "threshold": run.threshold,
        "parameters": run.parameters,
        "first": run.first.isoformat(),
        "last": run.last.isoformat(),
        "asked_at": run.asked_at,
        "state": run.state,
        "finished_at": run.finished_at,
        "failed_at": run.failed_at,
        "fault": run.fault,
        "accesses": run.accesses,
        "alerts": run.alerts,
        "found": [{"day": day, "actor": actor, "nats": nats} for day, actor, nats in (run.found if with_found else ())],
    }
