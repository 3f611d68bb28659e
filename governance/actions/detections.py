"""What officers set of the analysis: which rules run, by which numbers, and which of them stop what they find."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone

from audit.actions import backtests, detections
from audit.errors import BacktestsExhausted, FindingRefused, SettingMoved
from audit.events import BACKTEST_ASKED, BOOK_READ, DETECTION_SET
from audit.models import BacktestRun
from audit.recorder import append
from governance.actions.change import configuration_change, environment_resource
from governance.actions.clearing import cleared
from governance.drafts.draftable import draftable
from governance.errors import Conflict, Invalid, Throttled
from governance.identities import Caller
from governance.rights import effective_rights
from governance.standing import fresh_standing_of


@draftable
def set_detection(
    caller: Caller,
    *,
    detection: str,
    is_enabled: bool,
    is_containing: bool = False,
    threshold: int | None = None,
    parameters: Mapping[str, float] | None = None,
    revision: int | None = None,
    now: datetime | None = None,
) -> dict[str, Any]:
    """Have a rule run by these numbers, or not at all; returns what the book says of it.

    Args:
        revision: of the setting that the caller has seen; None where they set it whatever it is.

    Raises:
        Refused: the caller may not configure, or the environment is protected; on record.
        Invalid: no such rule, it is the one that watches the others, or bad numbers.
        Conflict: somebody has set it since, or no backtest of exactly this says yet what it would find.
    """
    now = now or timezone.now()
    with configuration_change(caller, DETECTION_SET, now=now) as change:
        try:
            told = detections.set_detection(
                environment_id=change.environment_id,
                detection=detection,
                is_enabled=is_enabled,
                is_containing=is_containing,
                threshold=threshold,
                parameters=parameters or {},
                revision=revision,
                now=now,
            )
        except SettingMoved as moved:
            raise Conflict(str(moved), field=moved.field, remedy="Read it again, then set it.") from None
        except FindingRefused as refused:
            raise _said(refused) from None
        change.facts.update(told)
    return told


def ask_backtest(
    caller: Caller,
    *,
    detection: str,
    threshold: int | None = None,
    parameters: Mapping[str, float] | None = None,
    days: int,
    now: datetime | None = None,
) -> BacktestRun:
    """Have a rule run over the last days by these numbers, without anybody being told; done in the background.

    Raises:
        Refused: the caller may not configure; on record.
        Invalid: no such rule, bad numbers, too many days.
        Throttled: as many of the environment wait as may.
    """
    now = now or timezone.now()
    with cleared(caller, "configure", BACKTEST_ASKED, now=now):
        try:
            return backtests.ask_backtest(
                actor=caller.actor,
                environment_id=caller.environment_id,
                detection=detection,
                threshold=threshold,
                parameters=parameters or {},
                days=days,
                now=now,
            )
        except BacktestsExhausted as refused:
            raise Throttled(str(refused), field=refused.field) from None
        except FindingRefused as refused:
            raise _said(refused) from None


def may_see_found(caller: Caller, runs: Sequence[BacktestRun], *, door: str, now: datetime | None = None) -> bool:
    """Say whether somebody may see whom backtests found, and put on record that they do.

    To configure the analysis takes no right to read the book, and whom a rule would have found is in the book.
    """
    now, found = now or timezone.now(), sum(len(each.found) for each in runs)
    standing = fresh_standing_of(caller.environment_id)
    resource = environment_resource(standing.environment_id, standing.environment_name)
    if not effective_rights(standing=standing, caller=caller, operation="audit", resource=resource, now=now).allowed:
        return False
    if found:
        facts = {"filters": ["detection"], "returned": found, "door": door}
        append(BOOK_READ, environment_id=caller.environment_id, actor=caller.actor, facts=facts)
    return True


def _said(refused: FindingRefused) -> Conflict | Invalid:
    if refused.field == "backtest":
        return Conflict(str(refused), field="backtest", remedy="Ask for one, and set the rule once it is done.")
    return Invalid(str(refused), field=refused.field)
