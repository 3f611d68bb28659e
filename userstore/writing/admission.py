"""The second decision of a write: whom the mutator's policy admits. Others are left out, as the contract has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from governance.authorization import Clearance
from governance.policies.tree import Trace
from userstore.models import Subject
from userstore.models.subjects import LIVE
from userstore.reading.admission import call_facts
from userstore.reading.calls import CallContext
from userstore.reading.gathering import gathered
from userstore.reading.opening import profiles_of, seen_by, unseal
from userstore.reading.statements import read_subjects
from userstore.writing.plan import MutatorPlan


def admit_writing(
    subjects: list[Subject], plan: MutatorPlan, context: CallContext, clearance: Clearance, *, now: datetime
) -> tuple[list[Subject], Trace]:
    """Return the admitted subjects, and why others are not. Asked once where the policy looks only at the caller."""
    policy = plan.policy
    purposes = tuple(p.name for p in plan.fixed_purposes)
    facts = call_facts(clearance, context, action="Execute", purposes=purposes, now=now)
    if policy.caller_only:
        return (subjects, Trace()) if policy.allows_caller(facts) else ([], policy.explain(facts))
    trace = Trace()
    answers = policy.allows_each(facts, _profiles(subjects, plan, clearance), trace)
    kept = [subject for subject, answer in zip(subjects, answers, strict=True) if answer]
    return kept, Trace(trace.lines if len(kept) < len(subjects) else [], trace.faults)


def told_by(trace: Trace) -> dict[str, list[str]]:
    """What the record says of a decision: which rules refused, which scripts failed."""
    told = {"reasons": trace.lines, "faults": sorted(set(trace.faults))}
    return {name: lines for name, lines in told.items() if lines}


def _profiles(subjects: Sequence[Subject], plan: MutatorPlan, clearance: Clearance) -> list[Mapping[str, object]]:
    """The locked subjects as scripts see them, with every live value: it decides what is changed, not what is shown."""
    visible, definitions = plan.policy.visible, plan.definitions
    rows = read_subjects(
        environment_id=clearance.environment_id,
        subject_ids=[subject.public_id for subject in subjects],
        column_pks=[column.pk for column in definitions.seen_by(visible)],
        state=LIVE,
    )
    opened = unseal(gathered(rows, clearance), definitions, clearance)
    profiles = profiles_of(opened, seen_by(visible, definitions))
    by_id = {one.sealed.public_id: profile for one, profile in zip(opened, profiles, strict=True)}
    return [by_id[subject.public_id] for subject in subjects]
