"""Addresses of the store's pages."""

from __future__ import annotations

from django.contrib import admin
from django.urls import path

from userstore.console.access_report import access_report, access_report_find
from userstore.console.board import ConsentSwitch, board
from userstore.console.erasures import erase, erasure, erasures, preview, receipt
from userstore.console.imports import (
    act_on_import,
    import_content,
    import_progress,
    import_report,
    imports,
    single_import,
)
from userstore.console.people import hold_person, people, person
from userstore.console.phone import phone_calls
from userstore.console.reach import reach
from userstore.console.regions import regions
from userstore.console.retention import retention
from userstore.console.sealing_keys import destroy, renew, sealing_keys

_in_console = admin.site.admin_view

urlpatterns = [
    path("admin/people/", _in_console(people), name="people"),
    path("admin/people/one/", _in_console(person), name="person"),
    path("admin/access-report/", _in_console(access_report), name="access-report"),
    path("admin/access-report/find/", _in_console(access_report_find), name="access-report-find"),
    path("admin/people/hold/", _in_console(hold_person), name="person-hold"),
    path("admin/access/phone/", _in_console(phone_calls), name="phone-calls"),
    path("admin/reach/", _in_console(reach), name="reach"),
    path("admin/regions/", _in_console(regions), name="regions"),
    path("admin/retention/", _in_console(retention), name="retention"),
    path("admin/sealing-keys/", _in_console(sealing_keys), name="sealing-keys"),
    path("admin/sealing-keys/<uuid:client_id>/renew/", _in_console(renew), name="sealing-key-renew"),
    path(
        "admin/sealing-keys/<uuid:client_id>/<uuid:key_id>/destroy/", _in_console(destroy), name="sealing-key-destroy"
    ),
    path("admin/erasures/", _in_console(erasures), name="erasures"),
    path("admin/erasures/preview/", _in_console(preview), name="erasure-preview"),
    path("admin/erasures/erase/", _in_console(erase), name="erase"),
    path("admin/erasures/<uuid:erasure_id>/", _in_console(erasure), name="erasure"),
    path("admin/erasures/<uuid:erasure_id>/receipt", _in_console(receipt), name="erasure-receipt"),
    path("admin/imports/", admin.site.admin_view(imports), name="imports-page"),
    path("admin/imports/<uuid:import_id>/", admin.site.admin_view(single_import), name="import-page"),
    path("admin/imports/<uuid:import_id>/progress", admin.site.admin_view(import_progress), name="import-progress"),
    path("admin/imports/<uuid:import_id>/content", admin.site.admin_view(import_content), name="import-content"),
    path("admin/imports/<uuid:import_id>/act", admin.site.admin_view(act_on_import), name="import-act"),
    path("admin/imports/<uuid:import_id>/report.csv", admin.site.admin_view(import_report), name="import-report-file"),
    path("board", board, name="board"),
    path("board/<uuid:subject_id>/<uuid:value_id>/<slug:purpose>", ConsentSwitch.as_view(), name="board-switch"),
]
