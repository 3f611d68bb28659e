"""What may never happen, written from what is to be prevented and not from the table of steps.

A law of a step looks at what the world was, at what somebody did and brought with them, and at what came of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from governance.breakglass.facts import NOBODY
from governance.breakglass.machines import GRANT, NEW, REVIEW
from tests.governance.breakglass.world import ANN, FLAGS, NEEDED, Event, World, opens

Broken = Callable[[World, Event, World], bool]

_COMMENTED = {"ask", "answer", "deny", "suspend", "resume", "refer", "remark", "report"}


def _begins(world: World, then: World) -> bool:
    return world.request == NEW != then.request


def _decides(world: World, event: Event, then: World) -> bool:
    return event.verb in {"approve", "deny", "ask"} and then != world


def _looks_back(event: Event, *verbs: str) -> bool:
    return event.machine == REVIEW and (not verbs or event.verb in verbs)


BROKEN_BY_A_STEP: dict[str, Broken] = {
    "a request began that lacked something": lambda w, e, t: _begins(w, t) and not set(FLAGS[e.verb]) <= e.is_good,
    "somebody asked who may not": lambda w, e, t: _begins(w, t) and (e.actor != ANN or not w.may_ask),
    "a request began that nobody can decide": lambda w, _, t: (
        _begins(w, t) and t.request == "pending" and len(w.deciders - {ANN}) < NEEDED
    ),
    "somebody decided on access of their own": lambda w, e, t: _decides(w, e, t) and e.actor == ANN,
    "somebody decided who may not": lambda w, e, t: _decides(w, e, t) and e.actor not in w.deciders,
    "decided when it was too late": lambda w, e, t: _decides(w, e, t) and w.now >= w.decide_by,
    "decided on what was not shown": lambda w, e, t: _decides(w, e, t) and "same" not in e.is_good,
    "an approval widened a request": lambda w, _, t: t.width > w.width,
    "somebody approved twice": lambda w, e, _: e.verb == "approve" and e.actor in w.approved_by,
    "approved for somebody who may not ask": lambda w, e, _: e.verb == "approve" and not w.may_ask,
    "approved at another number of approvals": lambda _, e, t: (
        e.verb == "approve" and (t.request == "approved") != (len(t.approved_by) >= NEEDED)
    ),
    "asked back twice": lambda w, e, _: e.verb == "ask" and w.asked_back,
    "somebody else answered or cancelled": lambda _, e, __: e.verb in {"answer", "cancel"} and e.actor != ANN,
    "answered when it was too late": lambda w, e, _: e.verb == "answer" and w.now >= w.decide_by,
    "no comment": lambda _, e, __: e.verb in _COMMENTED and "comment" not in e.is_good,
    "lapsed before its time": lambda w, e, _: e.verb == "lapse" and (e.actor != NOBODY or w.now < w.decide_by),
    "a grant changed its width": lambda w, e, t: e.machine == GRANT and t.granted_width != w.granted_width,
    "the end of a grant moved": lambda w, e, t: e.machine == GRANT and e.verb != "activate" and t.ends != w.ends,
    "somebody activated who may not": lambda w, e, _: e.verb == "activate" and (e.actor != ANN or not w.may_ask),
    "activated without a second factor": lambda _, e, __: e.verb == "activate" and "fresh" not in e.is_good,
    "activated at another time": lambda w, e, _: e.verb == "activate" and not w.begins <= w.now < w.use_by,
    "activated on approvals that no longer count": lambda w, e, _: (
        e.verb == "activate" and len(w.approved_by & w.deciders - {ANN}) < NEEDED
    ),
    "contained without the right": lambda _, e, __: e.verb in {"suspend", "resume"} and "contain" not in e.is_good,
    "resumed by its grantee": lambda _, e, __: e.verb == "resume" and e.actor == ANN,
    "resumed after its end": lambda w, e, _: e.verb == "resume" and w.now >= w.ends,
    "revoked without a right": lambda w, e, _: (
        e.verb == "revoke" and "contain" not in e.is_good and e.actor not in w.deciders | {NOBODY}
    ),
    "gave up what is somebody else's": lambda _, e, __: e.verb == "relinquish" and e.actor != ANN,
    "expired before its time": lambda w, e, _: e.verb == "expire" and (e.actor != NOBODY or w.now < w.ends),
    "unused before its time": lambda w, e, _: e.verb == "waste" and (e.actor != NOBODY or w.now < w.use_by),
    "reviewed without the right": lambda _, e, __: _looks_back(e) and "may_review" not in e.is_good,
    "judged before it was over": lambda _, e, __: (
        _looks_back(e, "conclude", "remark", "report") and "over" not in e.is_good
    ),
    "reviewed by somebody who took part": lambda w, e, _: (
        _looks_back(e, "claim", "conclude", "remark", "report") and e.actor in w.approved_by | {ANN}
    ),
    "reviewed by somebody else than took it": lambda w, e, _: (
        _looks_back(e, "refer", "conclude", "remark", "report") and e.actor != w.reviewer
    ),
}

BROKEN_AT_ANY_TIME: dict[str, Callable[[World], bool]] = {
    "an emergency without a review": lambda w: w.request == "declared" and w.review == NEW,
    "a grant without a decision, or a decision without a grant": lambda w: (
        (w.grant != NEW) != (w.request in {"approved", "declared"})
    ),
    "an approval of one's own": lambda w: ANN in w.approved_by,
    "access that nobody decided on": lambda w: opens(w) and w.request not in {"approved", "declared"},
}


def faults(world: World, event: Event, then: World) -> Iterator[str]:
    """The laws that a step has broken."""
    yield from (law for law, is_broken in BROKEN_BY_A_STEP.items() if is_broken(world, event, then))
    yield from (law for law, is_broken in BROKEN_AT_ANY_TIME.items() if is_broken(then))
