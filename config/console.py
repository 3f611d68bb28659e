"""The look and the map of the officer's console (django-unfold). Colours are in static/sealbook/admin.css.

Everything that needs a request or an address is a callable: settings are read before the apps are loaded.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.exceptions import NotRegistered
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils.module_loading import import_string

Link = dict[str, Any]

WATCH: Final = "Watch and stop"
DEFINITIONS: Final = "What and why"
BUILDS: Final = "Reviewed builds"
FLOWS: Final = "Flows"
GRAPH: Final = "Who belongs to what"
ANY: Final = "any"
"""What a page needs that is for whoever holds any right in the environment."""
PAGES: Final[tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...]] = (
    (
        WATCH,
        (
            ("Freezes", "ac_unit", "governance.Freeze"),
            ("Legal holds", "gavel", "userstore.LegalHold"),
            ("Key rotations", "autorenew", "keyring.KeyRotation"),
        ),
    ),
    (
        "Who and where",
        (
            ("Environments", "domain", "governance.Environment"),
            ("Clients", "smart_toy", "governance.Client"),
            ("Operators", "person", "governance.Account"),
            ("Groups", "group", "auth.Group"),
            ("External issuers", "login", "governance.ExternalIssuer"),
            ("External identities", "badge", "governance.ExternalIdentity"),
            ("Rights", "key", "governance.Right"),
            ("Rights of groups", "key_vertical", "governance.GroupRight"),
            ("Reserved for programs", "smart_toy", "governance.ReservedOperation"),
            ("Plan of rights reviews", "event_repeat", "governance.RightsReviewPlan"),
            ("Access rules", "timer", "governance.AccessRule"),
            ("Tickets", "confirmation_number", "governance.Ticket"),
            ("Marked people", "person_alert", "governance.MarkedSubject"),
            ("Registered jobs", "schedule", "governance.RegisteredJob"),
            ("Webhooks", "webhook", "governance.Webhook"),
            ("Feeds of the book", "output", "governance.Feed"),
        ),
    ),
    (
        BUILDS,
        (
            ("Builds", "package_2", "governance.TrustedBuild"),
            ("CI keys", "verified", "governance.CiKey"),
            ("Workload policies", "policy_alert", "governance.WorkloadPolicy"),
            ("Launchers", "rocket_launch", "governance.Launcher"),
        ),
    ),
    (
        DEFINITIONS,
        (
            ("Columns", "view_column", "userstore.Column"),
            ("Data types", "data_object", "userstore.DataTypeDefinition"),
            ("Purposes", "target", "governance.Purpose"),
            ("Accessors", "output", "userstore.Accessor"),
            ("Mutators", "input", "userstore.Mutator"),
            ("Transformers", "transform", "userstore.Transformer"),
            ("Retention", "auto_delete", "userstore.RetentionDuration"),
            ("Retention changes", "sync", "userstore.RetentionChange"),
            ("Access policies", "policy", "governance.AccessPolicy"),
            ("Policy templates", "rule", "governance.PolicyTemplate"),
            ("Script secrets", "password", "governance.PolicySecret"),
            ("Script hosts", "public", "governance.ScriptHost"),
        ),
    ),
    (FLOWS, (("Hub of flows", "hub", "dataflow.HubItem"), ("Topics", "topic", "dataflow.FlowTopic"))),
    (
        GRAPH,
        (
            ("Object types", "category", "governance.ObjectType"),
            ("Edge types", "conversion_path", "governance.EdgeType"),
            ("Organizations", "corporate_fare", "governance.Organization"),
        ),
    ),
)
"""Groups of the sidebar: title, then (title, Material symbol, model)."""
VIEWS: Final[dict[str, tuple[tuple[str, str, str, str], ...]]] = {
    DEFINITIONS: (("Imports", "upload_file", "imports-page", "write"),),
    WATCH: (
        ("Changes", "rule", "changes", "configure"),
        ("Who can reach what", "share_reviews", "reach", "configure"),
        ("Unused rights", "key_off", "rights-unused", "configure"),
        ("Grants", "hourglass_top", "access-grants", "configure"),
        ("On the phone", "phone_in_talk", "phone-calls", "configure"),
        ("Access requests", "contact_support", "access-log", "audit"),
        ("Notices sent", "outgoing_mail", "notice-deliveries-page", "configure"),
        ("People", "person_search", "people", "erase"),
        ("Accesses to a person", "person_alert", "access-report", "audit"),
        ("Erasures", "person_cancel", "erasures", "erase"),
        ("Sealing keys", "enhanced_encryption", "sealing-keys", "configure"),
        ("Findings", "troubleshoot", "findings", "audit"),
        ("Rules of the analysis", "policy_alert", "detections", "configure"),
        ("Staff directory", "badge", "staff", "configure"),
        ("The book", "menu_book", "book", "audit"),
        ("What happens", "bar_chart", "charts", "audit"),
        ("Is it whole?", "verified", "book-integrity", "audit"),
        ("Months of the book", "calendar_month", "book-months", "audit"),
        ("Read by which code", "commit", "code-of-column-page", "audit"),
        ("Script notes", "sticky_note_2", "script-notes", "audit"),
    ),
    FLOWS: (
        ("Deployed flows", "play_circle", "deployments-page", "configure"),
        ("Dead letters", "unsubscribe", "dead-letters-page", ANY),
    ),
    GRAPH: (
        ("Objects", "hub", "graph-objects", "read"),
        ("Check an attribute", "rule_settings", "graph-check", "read"),
        ("Regions", "map", "regions", "configure"),
    ),
}
"""Pages of a group that are no model's list: title, Material symbol, name of the address, the operation they need."""


def navigation(request: HttpRequest) -> list[Link]:
    """The sidebar of one operator: pages that exist and that they may see, nothing else."""
    groups: list[Link] = [{"items": [_link("Overview", "space_dashboard", reverse("admin:index")), *_board()]}]
    for title, pages in PAGES:
        items = [_link(name, symbol, address) for name, symbol, model in pages if (address := _list_of(model, request))]
        items += _views(title, request)
        if items:
            groups.append({"title": title, "separator": True, "items": items})
    return groups


def _link(title: str, symbol: str, address: str) -> Link:
    return {"title": title, "icon": symbol, "link": address}


def _board() -> list[Link]:
    try:
        return [{**_link("Consent board", "toggle_on", reverse("board")), "active": False}]
    except NoReverseMatch:
        return []


def _views(group: str, request: HttpRequest) -> list[Link]:
    may: Callable[[HttpRequest, str], bool] = import_string("governance.operators.permission.may")
    may_see: Callable[[HttpRequest], bool] = import_string("governance.operators.permission.may_see")
    reviews = _reviews(request) if group == WATCH else []
    return reviews + [
        _link(title, symbol, reverse(page))
        for title, symbol, page, operation in VIEWS.get(group, ())
        if (may_see(request) if operation == ANY else may(request, operation))
    ]


def _reviews(request: HttpRequest) -> list[Link]:
    """The review of rights, which its owners see who configure nothing."""
    may_review: Callable[[HttpRequest], bool] = import_string("governance.operators.reviewing.may_review")
    return [_link("Review of rights", "fact_check", reverse("rights-review"))] if may_review(request) else []


def _list_of(model_name: str, request: HttpRequest) -> str | None:
    """The list page of a model; None where it has no page or the operator may not open it."""
    try:
        model = apps.get_model(model_name)
        page = admin.site.get_model_admin(model)
    except (LookupError, NotRegistered):
        return None
    if not page.has_view_or_change_permission(request):
        return None
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def environment_label(request: HttpRequest) -> list[str] | None:
    """The label beside every title: which environment one works in, in the colour of its danger and in words."""
    surroundings: Callable[[HttpRequest], dict[str, Any]] = import_string("governance.console.context.environment")
    environment = surroundings(request).get("environment")
    if environment is None:
        return None
    if environment["frozen"]:
        return [f"{environment['name']} · frozen", "info"]
    if environment["protected"]:
        return [f"{environment['name']} · protected", "warning"]
    return [environment["name"], "default"]


def no_inline_colours(_request: HttpRequest) -> dict[str, dict[str, str]]:
    """No colours here: unfold writes them into an inline `<style>`, which the content security policy refuses."""
    return {}


def _asset(path: str) -> Callable[[HttpRequest], str]:
    return lambda _request: static(path)


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Sealbook console",
    "SITE_HEADER": "Sealbook",
    "SITE_SUBHEADER": "Privacy officer's console",
    "SITE_URL": "/",
    "SITE_SYMBOL": "verified_user",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": _asset("sealbook/favicon.svg")}],
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "6px",
    "COLORS": no_inline_colours,
    "ENVIRONMENT": "config.console.environment_label",
    "DASHBOARD_CALLBACK": "governance.admin.dashboard.dashboard",
    "STYLES": [_asset("sealbook/admin.css"), _asset("sealbook/book.css")],
    "SCRIPTS": [_asset("sealbook/admin.js")],
    "COMMAND": {"search_models": False, "show_history": False},
    "SIDEBAR": {
        "show_search": False,
        "command_search": True,
        "show_all_applications": False,
        "navigation": "config.console.navigation",
    },
}
