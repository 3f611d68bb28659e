"""What a session knows of its operator's second factor: when it was proved, and the way back to what asked for it.

A page or action that takes a fresh factor compares `factor_at(request)` with the clock; where it raises `FactorNeeded`
(`governance.factors.proofs.require_fresh_factor` does), the operator is led to `second-factor-confirm` and back.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import urlencode, urlsplit

from allauth.mfa.models import Authenticator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import HttpResponseClientRedirect

from governance.factors.passkeys import Question
from governance.factors.proofs import Proof, require_fresh_factor
from governance.models import Account
from governance.operators.decorations import in_utc

_PROVED_AT = "second_factor_at"
_PROVED_BY = "second_factor_by"
_PROVED_OF = "second_factor_of"
_ASKED, _ASKED_AT = "passkey_challenge", "passkey_asked_at"
_ANSWER_WITHIN = timedelta(minutes=5)
_TOLD_OF_RESET = timedelta(days=14)


def keep_factor(request: HttpRequest, proof: Proof) -> None:
    """Note in the session that its operator has proved a second factor, under a new key of the session."""
    request.session.cycle_key()
    request.session[_PROVED_AT] = proof.at.isoformat()
    request.session[_PROVED_BY] = proof.authenticator
    request.session[_PROVED_OF] = str(request.user.pk)


def factor_at(request: HttpRequest) -> datetime | None:
    """Return when the operator proved a second factor in this session; None where they did not, or no longer have it.

    How old it may be, the caller says.
    """
    moment, authenticator = request.session.get(_PROVED_AT), request.session.get(_PROVED_BY)
    if moment is None or not request.user.is_authenticated or request.session.get(_PROVED_OF) != str(request.user.pk):
        return None
    stands = Authenticator.objects.filter(pk=authenticator, user_id=request.user.pk).exists()
    return datetime.fromisoformat(moment) if stands else None


def require_proof(request: HttpRequest) -> None:
    """Let an operator pass who has just proved a second factor in this session. Called outside a transaction.

    Raises:
        FactorNeeded: they have not; the refusal is on record, and they are led to where they can.
    """
    if not isinstance(request.user, Account):
        raise PermissionError("nobody is signed in")
    require_fresh_factor(account_id=request.user.pk, proved_at=factor_at(request), now=timezone.now())


def told_of_reset(account: Account, *, now: datetime) -> str | None:
    """Return what an operator is told at every sign-in for a while, where somebody else took their factors away.

    Nothing ends it early: whoever had them taken away by a trick could do that as well.
    """
    at = account.factors_reset_at
    if at is None or now - at > _TOLD_OF_RESET:
        return None
    return (
        f"Your second factors were taken away on {in_utc(at, otherwise='')}. "
        "If you did not ask for that, tell your superusers at once."
    )


def keep_question(request: HttpRequest, question: Question) -> None:
    """Remember in the session what its browser is asked, in the place of whatever it was asked before."""
    request.session[_ASKED] = question.challenge
    request.session[_ASKED_AT] = timezone.now().isoformat()


def take_challenge(request: HttpRequest) -> str:
    """Return the challenge that the browser answers, once; empty where there is none, or it was too long ago."""
    challenge, asked_at = request.session.pop(_ASKED, ""), request.session.pop(_ASKED_AT, None)
    if asked_at is None:
        return ""
    age = timezone.now() - datetime.fromisoformat(asked_at)
    return challenge if timedelta(0) <= age <= _ANSWER_WITHIN else ""


def lead_to_proof(request: HttpRequest) -> HttpResponse:
    """Lead the operator to where a second factor is proved, and from there back to the page they are on.

    What they sent is not sent again: they do it once more.
    """
    address = address_with_way_back("second-factor-confirm", _page_of(request))
    return HttpResponseClientRedirect(address) if getattr(request, "htmx", False) else HttpResponseRedirect(address)


def address_with_way_back(name: str, way_back: str | None) -> str:
    """Return the address of a page that leads on to another one of ours."""
    return reverse(name) + (f"?{urlencode({'next': way_back})}" if way_back else "")


def way_back(request: HttpRequest) -> str | None:
    """Return the page of ours that the operator came from; None where none is named, or an address that is not ours."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return wanted if is_ours else None


def _page_of(request: HttpRequest) -> str | None:
    """Return the page that a request was made from: itself, or the one whose form or button was used."""
    if request.method in ("GET", "HEAD") and not getattr(request, "htmx", False):
        return request.get_full_path()
    named = urlsplit(request.headers.get("HX-Current-URL") or request.headers.get("Referer") or "")
    if named.netloc != request.get_host():
        return None
    return f"{named.path}?{named.query}" if named.query else named.path
