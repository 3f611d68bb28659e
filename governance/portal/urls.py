"""Addresses of the staff pages about access. None holds a value or an id of a person."""

from __future__ import annotations

from django.urls import path

from governance.portal.deciding import decide, inbox
from governance.portal.decisions import decision
from governance.portal.handing import hand_on
from governance.portal.mine import activate, answer, cancel, end, my_access
from governance.portal.reviews import review, reviews

urlpatterns = [
    path("access/", my_access, name="access"),
    path("access/inbox/", inbox, name="access-inbox"),
    path("access/inbox/<uuid:request_id>/", decide, name="access-decide"),
    path("access/requests/<uuid:request_id>/activate", activate, name="access-activate"),
    path("access/requests/<uuid:request_id>/end", end, name="access-end"),
    path("access/requests/<uuid:request_id>/cancel", cancel, name="access-cancel"),
    path("access/requests/<uuid:request_id>/answer", answer, name="access-answer"),
    path("access/requests/<uuid:request_id>/hand-on", hand_on, name="access-hand-on"),
    path("access/decisions/<uuid:decision_id>/", decision, name="access-decision"),
    path("access/reviews/", reviews, name="access-reviews"),
    path("access/reviews/<uuid:review_id>/", review, name="access-review"),
]
