"""What changed settings would do to what is stored, before anybody changes them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import OperationalError, connection

from keyring.walls import in_environment
from userstore.errors import TooLarge
from userstore.retention.durations import checked
from userstore.retention.schedule import every_pair, stored_schedule
from userstore.retention.settings import Wish, found_scope
from userstore.writing.recalculation import Effect, effect_of

MOST_MILLISECONDS = 20_000


def effect_of_wishes(environment_id: UUID, wishes: Sequence[Wish], *, now: datetime) -> Effect:
    """Count whose deadlines would change, and which values would be over at once; nothing is changed.

    Raises:
        Invalid: a scope or a duration makes no sense.
        NotFound: no such column or purpose.
        TooLarge: there is so much that counting takes longer than one call may.
    """
    with in_environment(environment_id):
        schedule = stored_schedule()
        for wish in wishes:
            column, purpose = found_scope(wish.scope)
            place = (column.pk if column else None, purpose.pk if purpose else None)
            if wish.duration is None:
                schedule = schedule.without(wish.scope.state, place)
            else:
                schedule = schedule.having(wish.scope.state, place, checked(wish.scope.state, wish.duration))
        with connection.cursor() as cursor:
            cursor.execute(f"set local statement_timeout = {MOST_MILLISECONDS}")
        try:
            return effect_of(schedule, environment_id, every_pair(), now=now)
        except OperationalError:
            pass  # raised below, without the statement's parameters
    raise TooLarge("There is too much to count it in one call.", remedy="Change it without a preview, in batches.")
