"""Trying transformers out: the real sandbox, nothing stored, and on record that somebody did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from audit.recorder import append
from governance.actions.change import clearance_for, unprotected_clearance
from governance.authorization import Clearance
from governance.identities import Caller
from governance.policies.console import listening
from keyring.walls import in_environment
from userstore import events
from userstore.actions.methods import found
from userstore.actions.transformers import TransformerSpec, recognised
from userstore.models import Transformer
from userstore.models.transformers import PASSTHROUGH, TRANSFORM
from userstore.transforming.compilation import CompiledTransformer, compile_transformer


@dataclass(frozen=True, slots=True)
class Transformed:
    """What a transformer made of a text, the decision that allowed it, and what a draft said to the console."""

    value: str
    decision_id: UUID
    lines: Sequence[str] = ()


def try_transformer(caller: Caller, *, spec: TransformerSpec, data: str, now: datetime | None = None) -> Transformed:
    """Transform a text by a transformer that is not published; a token is made up and not kept.

    One that passes through is tried by its function, where it has one.

    Raises:
        Refused: the caller may not configure, or the environment is protected: what is tried may use its secrets.
        Invalid: it could not be published either.
        TransformationFailed: it cannot work on this text.
    """
    now = now or timezone.now()
    clearance = unprotected_clearance(caller, events.TRANSFORMER_TRIED, now=now)
    if spec.transform_type == PASSTHROUGH and spec.function.strip() and not spec.native:
        spec = replace(spec, transform_type=TRANSFORM)
    spec = recognised(spec)
    row = Transformer(environment_id=caller.environment_id, **asdict(spec))
    with listening() as lines:
        return replace(_on_record(clearance, compile_transformer(row), data, now, {}), lines=lines)


def try_published_transformer(
    caller: Caller, *, public_id: UUID, data: str, now: datetime | None = None
) -> Transformed:
    """Transform a text by the transformer that holds; a token is made up and not kept.

    Raises:
        Refused: the caller may not configure.
        NotFound: there is no such transformer.
        TransformationFailed: it cannot work on this text.
    """
    now = now or timezone.now()
    clearance = clearance_for(caller, "configure", events.TRANSFORMER_TRIED, now=now)
    with in_environment(caller.environment_id):
        row = found(Transformer, public_id, field="transformer_rid")
    facts = {"transformer": public_id, "name": row.name, "version": row.version}
    return _on_record(clearance, compile_transformer(row), data, now, facts)


def _on_record(
    clearance: Clearance, transformer: CompiledTransformer, data: str, now: datetime, facts: Mapping[str, Any]
) -> Transformed:
    append(
        events.TRANSFORMER_TRIED,
        environment_id=clearance.environment_id,
        actor=clearance.caller.actor,
        facts=dict(facts),
        decision_id=clearance.decision_id,
    )
    return Transformed(transformer.apply([data], now=now)[0], clearance.decision_id)
