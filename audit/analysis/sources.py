"""Where facts come from: the sources that the deployment names, and what people marked as expected."""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from audit.analysis.accesses import Access
from audit.analysis.detections import DETECTIONS, tampering
from audit.analysis.engine import Engine
from audit.analysis.facts import Expectation, Facts, FactSource, merged
from audit.analysis.loading import loaded
from audit.analysis.rule import Detection
from audit.errors import FactsUnavailable
from audit.models import DetectionSetting, ExpectedWork

logger = logging.getLogger(__name__)


@cache
def detections() -> tuple[Detection, ...]:
    """Return all rules, each with its cases run once in this process. Raises `DetectionRefused`."""
    return loaded(DETECTIONS)


@dataclass(frozen=True, slots=True)
class RulesHere:
    """The rules that run in an environment, and what is set there of each."""

    rules: list[Detection]
    thresholds: dict[str, int]
    parameters: dict[str, dict[str, float]]
    containing: frozenset[str]
    """Rules whose findings are acted on at once."""

    def engine(self, *, facts: Facts, scope: str) -> Engine:
        """Return an engine with these rules."""
        return Engine(self.rules, facts=facts, thresholds=self.thresholds, parameters=self.parameters, scope=scope)


def rules_here() -> RulesHere:
    """Return the rules that run in the environment of this transaction, as they are set there.

    The rule that watches the settings listens to none of them.
    """
    told = {each.detection: each for each in DetectionSetting.objects.exclude(detection=tampering.ID)}
    return RulesHere(
        rules=[each for each in detections() if each.id not in told or told[each.id].is_enabled],
        thresholds={name: each.threshold for name, each in told.items() if each.threshold is not None},
        parameters={name: dict(each.parameters) for name, each in told.items() if each.parameters},
        containing=frozenset(name for name, each in told.items() if each.is_containing and each.is_enabled),
    )


def facts_about(accesses: Collection[Access], *, environment_id: UUID, now: datetime) -> Facts:
    """Return what all sources know; one that does not answer makes tickets silent, so that nobody is accused for it."""
    found = [Facts(expectations=_expectations(now))]
    for name in settings.AUDIT_FACT_SOURCES:
        source: FactSource = import_string(name)()
        try:
            found.append(source.facts_about(accesses, environment_id=environment_id))
        except FactsUnavailable:
            found.append(Facts(is_ticket_source_silent=True))
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:
            # What somebody stored there makes no sense: the rules go on without this source, and it is told.
            logger.exception("a source of facts failed", extra={"source": name, "reason": type(error).__name__})
            found.append(Facts(is_ticket_source_silent=True))
    return merged(found)


def _expectations(now: datetime) -> tuple[Expectation, ...]:
    return tuple(
        Expectation(str(each.owner), each.until, each.actor, each.subject)
        for each in ExpectedWork.objects.filter(until__gt=now)
    )
