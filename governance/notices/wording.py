"""What notices say: never whose record it is, nor what anybody wrote. Whoever wants to know more signs in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.urls import reverse

REQUEST, GRANT, REVIEW = "access_request", "access_grant", "access_review"
RIGHTS_REVIEW = "rights_review"
DIGEST, DOSSIER = "findings_digest", "breach_dossier"


@dataclass(frozen=True, slots=True)
class Wording:
    """How a kind of notice is put into words.

    Args:
        subject: of the e-mail, and how lists name it.
        text: what happened, in one or two sentences.
        of: what its `about` is the id of.
        page: the name of the address where it is seen; those of `numbered` take its id.
        is_personal: whether it is about an account, which is of no environment: no webhook hears of it.
    """

    subject: str
    text: str
    of: str
    page: str
    is_personal: bool = False


_OF_REQUEST = (REQUEST, "access-request")
_TO_DECIDE = (REQUEST, "access-decide")
_OF_GRANT = (GRANT, "access")
_OF_REVIEW = (REVIEW, "access-review")
_NUMBERED = frozenset({"access-request", "access-decide", "access-review"})

KINDS: Mapping[str, Wording] = {
    "request.submitted": Wording(
        "A request for temporary access waits", "Somebody asks for temporary access. You may decide on it.", *_TO_DECIDE
    ),
    "request.answered": Wording(
        "A question was answered",
        "A request for temporary access that you asked back about is answered.",
        *_TO_DECIDE,
    ),
    "emergency.declared": Wording(
        "Somebody took emergency access",
        "Access began at once, without an approval that you could have given or denied. It will be reviewed.",
        *_TO_DECIDE,
    ),
    "request.approved": Wording(
        "Access was approved", "The request for temporary access is approved, whole or in part.", *_OF_REQUEST
    ),
    "request.denied": Wording(
        "Access was denied", "The request for temporary access is denied; the page says why.", *_OF_REQUEST
    ),
    "request.asked_back": Wording(
        "There is a question about a request",
        "The request for temporary access waits for your answer.",
        *_OF_REQUEST,
    ),
    "request.lapsed": Wording(
        "A request lapsed", "Nobody decided in time on the request for temporary access.", *_OF_REQUEST
    ),
    "grant.suspended": Wording(
        "Access is suspended", "An officer has suspended the access; it opens nothing meanwhile.", *_OF_GRANT
    ),
    "grant.resumed": Wording("Access goes on", "An officer lets the access go on.", *_OF_GRANT),
    "grant.revoked": Wording("Access was revoked", "An officer has ended the access.", *_OF_GRANT),
    "grant.expired": Wording("Access is over", "The time of the access is over.", *_OF_GRANT),
    "grant.unused": Wording(
        "Access was not begun", "The access was not begun in time and cannot be any more.", *_OF_GRANT
    ),
    "delegation.offered": Wording(
        "Somebody offers to hand your access on",
        "Whoever asked for the access for you offers to hand it on to a program. Nothing is open until you accept.",
        *_OF_GRANT,
    ),
    "delegation.taken": Wording(
        "A program reads with your access", "What you handed on was taken; it ends within minutes.", *_OF_GRANT
    ),
    "delegation.ended": Wording(
        "What you handed on was ended", "Somebody has ended what you handed on to a program.", *_OF_GRANT
    ),
    "rights_review.opened": Wording(
        "Rights wait for your review",
        "The rights of an environment are to be kept or retired. What nobody decides about in time may be suspended.",
        RIGHTS_REVIEW,
        "rights-review",
    ),
    "rights_review.overdue": Wording(
        "A review of rights is overdue",
        "Rights that were to be kept or retired by now are undecided. They may be suspended until somebody decides.",
        RIGHTS_REVIEW,
        "rights-review",
    ),
    "review.overdue": Wording(
        "A review is overdue",
        "Nobody has concluded the review of a temporary access in time. Until then the next emergency of whoever had "
        "it is blocked.",
        *_OF_REVIEW,
    ),
    "review.concluded": Wording(
        "Access was reviewed", "Somebody has looked at how you used temporary access.", *_OF_REVIEW
    ),
    "findings.digest": Wording(
        "Findings wait for a look",
        "This is the day's digest of what the analysis of the book found.",
        DIGEST,
        "findings",
    ),
    "dossier.due_in_a_day": Wording(
        "A breach dossier is due within a day",
        "The authority has to be notified within 24 hours, or somebody says why it need not be.",
        DOSSIER,
        "findings",
    ),
    "dossier.due_in_hours": Wording(
        "A breach dossier is due within hours",
        "The authority has to be notified within six hours, or somebody says why it need not be. Nobody has yet.",
        DOSSIER,
        "findings",
    ),
    "account.address_changed": Wording(
        "Your notices do not go here any more",
        "The notices of your account went to this address until now. They go elsewhere from now on, or nowhere. "
        "If you know nothing of that, tell an officer at once: somebody else may have signed in as you.",
        "account",
        "own-address",
        is_personal=True,
    ),
}
"""Every kind of notice there is. One that another version has left is told in general words."""
FOR_WEBHOOKS = tuple(kind for kind, wording in KINDS.items() if not wording.is_personal)

_OTHER = Wording("There is something new for you", "Something happened that concerns you.", "notice", "access")


def wording_of(kind: str) -> Wording:
    """Return how a kind is put into words."""
    return KINDS.get(kind, _OTHER)


def page_about(kind: str, about: UUID) -> str:
    """Return the address, with its host, where somebody sees what a notice is about."""
    page = wording_of(kind).page
    path = reverse(page, args=[about]) if page in _NUMBERED else reverse(page)
    return f"{settings.PUBLIC_URL.rstrip('/')}{path}"
