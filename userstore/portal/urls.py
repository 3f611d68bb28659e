"""Addresses of the staff pages that ask for records and show them. None holds a value or an id of a person."""

from __future__ import annotations

from django.urls import path

from userstore.portal.asking import choose_accessor, extend, find, new_request
from userstore.portal.phone import choose_for_phone, end_call, phone, phone_call, read_back, reveal_own
from userstore.portal.record import record, reveal

urlpatterns = [
    path("access/new/", choose_accessor, name="access-new"),
    path("access/new/<uuid:accessor_id>/", new_request, name="access-ask"),
    path("access/new/<uuid:accessor_id>/find", find, name="access-find"),
    path("access/requests/<uuid:request_id>/", record, name="access-request"),
    path("access/requests/<uuid:request_id>/extend", extend, name="access-extend"),
    path("access/requests/<uuid:request_id>/reveal", reveal, name="access-reveal"),
    path("access/phone/", choose_for_phone, name="access-on-the-phone"),
    path("access/phone/<uuid:accessor_id>/", phone, name="access-phone"),
    path("access/phone/calls/<uuid:proof_id>/", phone_call, name="access-phone-call"),
    path("access/phone/calls/<uuid:proof_id>/code", read_back, name="access-phone-code"),
    path("access/phone/calls/<uuid:proof_id>/end", end_call, name="access-phone-end"),
    path("access/phone/calls/<uuid:proof_id>/reveal", reveal_own, name="access-phone-reveal"),
]
