"""The officer's console: a map of what exists and may be opened, a label that names the environment, an overview."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.apps import apps
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.test import Client, RequestFactory
from django.urls import path
from pytest_django import Settings

from audit.actors import SYSTEM
from config.console import PAGES, environment_label, navigation
from governance.actions.accounts import define_operator
from governance.actions.environments import define_environment
from governance.models import Account
from tests.e2e import gallery
from tests.e2e.conftest import Visitor
from tests.e2e.gallery_pages import urlpatterns as gallery_patterns
from tests.e2e.windows import WINDOWS


def overview(request: HttpRequest) -> HttpResponse:
    return render(request, "admin/index.html", {**admin.site.each_context(request), **gallery.DASHBOARD})


def empty_overview(request: HttpRequest) -> HttpResponse:
    return render(request, "admin/index.html", {**admin.site.each_context(request), "cards": []})


urlpatterns = [
    path("admin/overview/", overview),
    path("admin/empty/", empty_overview),
    path("admin/", admin.site.urls),
    *gallery_patterns,
]


@pytest.fixture
def officer(settings: Settings) -> Account:
    settings.ROOT_URLCONF = __name__
    return define_operator(SYSTEM, username="officer", password=f"long-{uuid4()}", is_superuser=True)


def _titles(request: HttpRequest) -> set[str]:
    return {item["title"] for group in navigation(request) for item in group["items"]}


def _request(account: Account) -> HttpRequest:
    request = RequestFactory().get("/admin/")
    request.user = account
    return request


def test_every_page_of_the_map_names_a_model_that_exists() -> None:
    for _title, pages in PAGES:
        for _name, _symbol, model in pages:
            assert apps.get_model(model)


@pytest.mark.django_db
def test_the_map_shows_only_pages_that_the_operator_may_open(officer: Account) -> None:
    outsider = define_operator(SYSTEM, username="outsider", password=f"long-{uuid4()}")
    assert "Groups" in _titles(_request(officer))
    assert _titles(_request(outsider)) == {"Overview", "Consent board"}


@pytest.mark.django_db
def test_the_label_names_the_environment_and_says_protected_in_words() -> None:
    request = RequestFactory().get("/admin/")
    assert environment_label(request) is None
    for protected, expected in ((False, ["dev", "default"]), (True, ["prod · protected", "warning"])):
        environment = define_environment(SYSTEM, name=expected[0].split(" ")[0], is_protected=protected)
        request.environment_id = environment.id  # type: ignore[attr-defined]  # as the console's middleware leaves it
        assert environment_label(request) == expected


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("width", "scheme"), WINDOWS)
def test_the_overview_meets_wcag_and_draws_no_complaint(
    officer: Account, visit: Callable[..., Visitor], width: int, scheme: str
) -> None:
    define_environment(SYSTEM, name="prod", is_protected=True)
    client = Client()
    client.force_login(officer, backend="django.contrib.auth.backends.ModelBackend")
    visitor = visit(width=width, scheme=scheme)
    session = client.cookies["sessionid"].value
    visitor.page.context.add_cookies([{"name": "sessionid", "value": session, "url": visitor.address}])
    for address, text in (("/admin/overview/", "nickname"), ("/admin/empty/", "Nothing was refused lately")):
        page = visitor.open(address)
        page.wait_for_load_state("networkidle")
        assert text in page.locator(".overview").inner_text()
        assert "prod · protected" in page.locator("#page").inner_text().lower()
        assert visitor.accessibility_violations() == []
        assert visitor.width_overflow() <= 0
        assert visitor.complaints == []
