"""Having the book verified from the console: it takes the right to read it, and is on record."""

from __future__ import annotations

from datetime import datetime

from audit.actions import verifying
from audit.errors import VerificationRefused, VerificationsExhausted, VerificationUnderWay
from audit.events import BOOK_CHECK_ASKED
from audit.models import Verification
from governance.actions.clearing import cleared
from governance.errors import Conflict, Invalid, Throttled
from governance.identities import Caller
from governance.summoning import summon_worker


def ask_verification(caller: Caller, *, is_everything: bool, now: datetime) -> Verification:
    """Have a worker verify the book, since the last time that it was found whole or from its beginning.

    Raises:
        Refused: the caller may not read the book; on record.
        Conflict: one is under way.
        Throttled: there were as many within an hour as there may be.
        Invalid: there is nothing to verify, or no key of the log is known here.
    """
    with cleared(caller, "audit", BOOK_CHECK_ASKED, now=now):
        try:
            row = verifying.ask_verification(
                actor=caller.actor, environment_id=caller.environment_id, is_everything=is_everything, now=now
            )
        except VerificationUnderWay as refused:
            raise Conflict(str(refused)) from None
        except VerificationsExhausted as refused:
            raise Throttled(str(refused)) from None
        except VerificationRefused as refused:
            raise Invalid(str(refused), field="since") from None
        summon_worker(verifying.VERIFY, str(caller.environment_id), str(row.id))
    return row
