"""Guards: what has to hold for a step, what a refusal says, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from governance.breakglass.facts import NOBODY, Facts

EMERGENCY_MINUTES = 60


@dataclass(frozen=True, slots=True)
class Guard:
    """One condition of a step."""

    name: str
    holds: Callable[[Facts], bool]
    says: str
    remedy: str = ""


def _is_fresh(facts: Facts) -> bool:
    if facts.factor_within is None:
        return True
    proved = facts.factor_at
    return proved is not None and timedelta(0) <= facts.now - proved <= facts.factor_within


def _is_before(facts: Facts, moment: str) -> bool:
    limit = getattr(facts, moment)
    return limit is not None and facts.now < limit


REQUESTER = Guard("requester", lambda f: f.actor == f.requester, "Only who asked for it may do this.")
GRANTEE = Guard("grantee", lambda f: f.actor == f.grantee, "Only who it was granted to may do this.")
CLOCK = Guard("clock", lambda f: f.actor == NOBODY, "Only time does this.")
MAY_REQUEST = Guard("may request", lambda f: f.may_request, "There is no right to ask for this.",
                    "An officer gives the right to request, on the accessor or the environment.")  # fmt: skip
JUSTIFIED = Guard("justified", lambda f: f.is_justified, "The justification does not say enough.",
                  "Choose a reason and say in a sentence what the access is for.")  # fmt: skip
TICKET = Guard("ticket", lambda f: f.is_ticket_good, "The ticket is not known, not open, or somebody else's.",
               "Name an open ticket that is assigned to you.")  # fmt: skip
SHORT_ENOUGH = Guard("short enough", lambda f: f.duration <= f.longest, "This is longer than is granted here.",
                     "Ask for less time; it can be extended.")  # fmt: skip
BELOW_CEILING = Guard("below the ceiling", lambda f: f.total <= f.ceiling,
                      "Together with what it extends, this is longer than is granted here.",
                      "Ask anew, with a justification of its own, once this has ended.")  # fmt: skip
FEW_SUBJECTS = Guard(
    "few subjects",
    lambda f: f.subjects <= f.most_subjects,
    "These are too many people at once.",
    "Ask for fewer people.",
)
SOMEBODY_CAN = Guard("somebody can approve",
                     lambda f: len(f.able_approvers - {f.requester, f.grantee}) >= f.needed,
                     "There are not enough people who could approve this.",
                     "An officer gives others the right to approve.")  # fmt: skip
FEW_OPEN = Guard("few open", lambda f: f.open_requests < f.most_open, "Too many requests of yours are still open.",
                 "Cancel one, or wait for a decision.")  # fmt: skip
MAY_APPROVE = Guard("may approve", lambda f: f.may_approve, "There is no right to decide on this.",
                    "An officer gives the right to approve, on the accessor or the environment.")  # fmt: skip
NOT_OWN = Guard("not one's own", lambda f: f.actor not in {f.requester, f.grantee},
                "Nobody decides on access of their own.", "Somebody else who may approve decides.")  # fmt: skip
NOT_TWICE = Guard("not twice", lambda f: f.actor not in f.approved_by, "You have approved this already.",
                  "Somebody else has to approve it as well.")  # fmt: skip
SAME_CONTENT = Guard("same content", lambda f: f.is_same_content, "The request has changed since it was shown.",
                     "Look at it again.")  # fmt: skip
ONLY_NARROWS = Guard(
    "only narrows",
    lambda f: f.only_narrows,
    "An approval may narrow what was asked for, never widen it.",
    "Whoever needs more asks anew.",
)
COMMENTED = Guard("commented", lambda f: f.is_commented, "A comment is needed.", "Say why in a sentence.")
IN_TIME = Guard("in time", lambda f: _is_before(f, "decide_by"), "The time to decide is over.", "Ask again.")
TOO_LATE = Guard("too late", lambda f: not _is_before(f, "decide_by"), "There is still time to decide.")
NOT_ASKED_BACK = Guard("not asked back", lambda f: not f.was_asked_back, "A question was asked back once already.",
                       "Approve it, or deny it with a comment.")  # fmt: skip
LAST_APPROVAL = Guard(
    "last approval", lambda f: len(f.approved_by | {f.actor}) >= f.needed, "More approvals are needed."
)
MORE_NEEDED = Guard(
    "more needed", lambda f: len(f.approved_by | {f.actor}) < f.needed, "This approval is the last one."
)
FRESH_FACTOR = Guard("fresh factor", _is_fresh, "A fresh second factor is needed.", "Confirm that it is you.")
HAS_BEGUN = Guard(
    "has begun",
    lambda f: f.not_before is not None and f.now >= f.not_before,
    "It has not begun yet.",
    "Wait until it begins.",
)
STILL_TO_USE = Guard("still to use", lambda f: _is_before(f, "activate_by"), "It was not used in time.", "Ask again.")
NEVER_USED = Guard("never used", lambda f: not _is_before(f, "activate_by"), "There is still time to use it.")
STILL_APPROVED = Guard("still approved",
                       lambda f: len(f.approved_by & f.able_approvers - {f.requester, f.grantee}) >= f.needed,
                       "Somebody who approved may no longer approve.", "Ask again.")  # fmt: skip
RUNNING = Guard("running", lambda f: _is_before(f, "not_after"), "Its time is over.")
OVER = Guard("over", lambda f: not _is_before(f, "not_after"), "Its time is not over.")
MAY_END = Guard(
    "may end",
    lambda f: f.may_contain or f.may_approve or f.actor == NOBODY,
    "There is no right to end this.",
    "Ask an officer.",
)
MAY_CONTAIN = Guard("may contain", lambda f: f.may_contain, "There is no right to stop access here.", "Ask an officer.")
NOT_GRANTEE = Guard("not the grantee", lambda f: f.actor != f.grantee and f.is_somebody_else,
                    "Somebody else has to do this.", "Let an officer who did not get the access do it.")  # fmt: skip
MAY_DECLARE = Guard("may declare", lambda f: f.may_declare, "You may not declare an emergency here.",
                    "Request access the usual way; an access rule names the group that may.")  # fmt: skip
SHORT_EMERGENCY = Guard("short emergency", lambda f: f.duration <= timedelta(minutes=EMERGENCY_MINUTES),
                        f"An emergency lasts up to {EMERGENCY_MINUTES} minutes.", "Declare a shorter one.")  # fmt: skip
ONLY_READS = Guard("only reads", lambda f: f.only_reads, "In an emergency values are read, nothing else.")
NOTHING_OVERDUE = Guard("nothing overdue", lambda f: f.overdue_reviews == 0,
                        "A review of an earlier emergency is overdue.", "It has to be concluded first.")  # fmt: skip
FEW_EMERGENCIES = Guard("few emergencies", lambda f: f.recent_emergencies < f.most_emergencies,
                        "You have declared too many emergencies lately.", "Request access the usual way.")  # fmt: skip
MAY_REVIEW = Guard(
    "may review", lambda f: f.may_review, "There is no right to review this.", "An officer gives the right to audit."
)
NO_PART_IN_IT = Guard("no part in it", lambda f: f.actor not in {f.requester, f.grantee} | f.approvers_of_grant,
                      "Who asked for it or approved it does not review it.",
                      "Let somebody else review it.")  # fmt: skip
HAS_ENDED = Guard("has ended", lambda f: f.is_over, "The access is not over yet.", "Look at it once it has ended.")
OWN_REVIEW = Guard("own review", lambda f: f.actor == f.reviewer, "Somebody else has taken this review.",
                   "They conclude it, or hand it to somebody else.")  # fmt: skip
