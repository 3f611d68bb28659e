"""When the operator of a session last proved a second factor in it."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest

_PROVED_AT = "second_factor_at"
_PROVED_BY = "second_factor_of"


def keep_factor(request: HttpRequest, moment: datetime) -> None:
    """Note in the session that its operator has proved a second factor, under a new key of the session."""
    request.session.cycle_key()
    request.session[_PROVED_AT] = moment.isoformat()
    request.session[_PROVED_BY] = str(request.user.pk)


def factor_at(request: HttpRequest) -> datetime | None:
    """Return when the operator proved a second factor in this session; None where they did not."""
    moment = request.session.get(_PROVED_AT)
    if not request.user.is_authenticated or request.session.get(_PROVED_BY) != str(request.user.pk):
        return None
    return None if moment is None else datetime.fromisoformat(moment)
