"""Addresses of governance's pages. Those below `admin/` stand before the console's own."""

from __future__ import annotations

from django.contrib import admin
from django.urls import path

from governance.console.access import access_grant, access_grants, access_log
from governance.console.addresses import own_address
from governance.console.book import book, book_entry, book_proof
from governance.console.book_files import book_file
from governance.console.changes import changes, single_change
from governance.console.charts import charts
from governance.console.deliveries import deliveries, retry
from governance.console.detections import detection, detections
from governance.console.dossiers import dossier, dossier_file
from governance.console.factor_enrolment import enrol_app, enrol_key
from governance.console.findings import finding, finding_bundle, findings
from governance.console.freezing import choose_target, freeze_page, unfreeze_page
from governance.console.graph import add_object, end_edge, end_object, objects, single_object
from governance.console.graph_check import graph_check
from governance.console.integrity import integrity, integrity_progress
from governance.console.live import live_book, live_rows
from governance.console.months import book_months
from governance.console.notes import script_note, script_notes
from governance.console.rights_reviews import rights_review, rights_unused
from governance.console.second_factors import confirm, overview, recovery_codes, remove, rename
from governance.console.sessions import SignIn, SignOut, choose, password, sign_in_for_console, start
from governance.console.staff import staff
from governance.console.tracing import code_of_column

_in_console = admin.site.admin_view

urlpatterns = [
    path("", start, name="start"),
    path("login/", SignIn.as_view(), name="login"),
    path("logout/", SignOut.as_view(), name="logout"),
    path("environment/", choose, name="environment"),
    path("password/", password, name="password"),
    path("notices/address/", own_address, name="own-address"),
    path("second-factor/", overview, name="second-factor"),
    path("second-factor/confirm/", confirm, name="second-factor-confirm"),
    path("second-factor/app/", enrol_app, name="second-factor-app"),
    path("second-factor/passkey/", enrol_key, name="second-factor-passkey"),
    path("second-factor/recovery-codes/", recovery_codes, name="recovery-codes"),
    path("second-factor/<int:authenticator>/rename/", rename, name="second-factor-rename"),
    path("second-factor/<int:authenticator>/remove/", remove, name="second-factor-remove"),
    path("admin/login/", sign_in_for_console),
    path("admin/logout/", SignOut.as_view()),
    path("admin/password_change/", password),
    path("admin/changes/", _in_console(changes), name="changes"),
    path("admin/changes/<uuid:change_id>/", _in_console(single_change), name="change"),
    path("admin/access/grants/", _in_console(access_grants), name="access-grants"),
    path("admin/access/grants/<uuid:grant_id>/", _in_console(access_grant), name="access-grant"),
    path("admin/access/requests/", _in_console(access_log), name="access-log"),
    path("admin/notices/", _in_console(deliveries), name="notice-deliveries-page"),
    path("admin/notices/<uuid:delivery_id>/retry/", _in_console(retry), name="notice-retry-page"),
    path("admin/rights/review/", _in_console(rights_review), name="rights-review"),
    path("admin/rights/unused/", _in_console(rights_unused), name="rights-unused"),
    path("admin/freeze/", _in_console(choose_target), name="freeze-target"),
    path("admin/freeze/<slug:kind>/<uuid:target_id>/", _in_console(freeze_page), name="freeze"),
    path("admin/unfreeze/<uuid:freeze_id>/", _in_console(unfreeze_page), name="unfreeze"),
    path("admin/graph/objects/", _in_console(objects), name="graph-objects"),
    path("admin/graph/objects/add/", _in_console(add_object), name="graph-add"),
    path("admin/graph/check/", _in_console(graph_check), name="graph-check"),
    path("admin/graph/objects/<uuid:object_id>/", _in_console(single_object), name="graph-object"),
    path("admin/graph/objects/<uuid:object_id>/delete/", _in_console(end_object), name="graph-object-delete"),
    path(
        "admin/graph/objects/<uuid:object_id>/<uuid:edge_id>/delete/", _in_console(end_edge), name="graph-edge-delete"
    ),
    path("admin/script-notes/", _in_console(script_notes), name="script-notes"),
    path("admin/script-notes/<uuid:note_id>/", _in_console(script_note), name="script-note"),
    path("admin/code-of-column/", _in_console(code_of_column), name="code-of-column-page"),
    path("admin/findings/", _in_console(findings), name="findings"),
    path("admin/findings/<uuid:finding_id>/", _in_console(finding), name="finding"),
    path("admin/findings/<uuid:finding_id>/dossier/", _in_console(dossier), name="finding-dossier"),
    path("admin/findings/<uuid:finding_id>/dossier/file", _in_console(dossier_file), name="finding-dossier-file"),
    path("admin/findings/<uuid:finding_id>/bundle", _in_console(finding_bundle), name="finding-bundle"),
    path("admin/staff/", _in_console(staff), name="staff"),
    path("admin/detections/", _in_console(detections), name="detections"),
    path("admin/detections/<slug:detection>/", _in_console(detection), name="detection"),
    path("admin/book/", _in_console(book), name="book"),
    path("admin/book/live/", _in_console(live_book), name="book-live"),
    path("admin/book/live/rows", _in_console(live_rows), name="book-live-rows"),
    path("admin/months/", _in_console(book_months), name="book-months"),
    path("admin/charts/", _in_console(charts), name="charts"),
    path("admin/integrity/", _in_console(integrity), name="book-integrity"),
    path("admin/integrity/<uuid:verification_id>/", _in_console(integrity_progress), name="book-verification"),
    path("admin/book/export.csv", _in_console(book_file), {"form": "csv"}, name="book-csv"),
    path("admin/book/export.jsonl", _in_console(book_file), {"form": "jsonl"}, name="book-jsonl"),
    path("admin/book/<uuid:entry_id>/", _in_console(book_entry), name="book-entry"),
    path("admin/book/<uuid:entry_id>/proof", _in_console(book_proof), name="book-proof"),
]
