"""Every address of the server."""

from __future__ import annotations

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerSplitView

from config.health import healthz, readyz

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("userstore.api.urls")),  # first: it begins with the calls that come all the time
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("schema.json", SpectacularJSONAPIView.as_view(), name="schema"),
    path("docs", SpectacularSwaggerSplitView.as_view(url_name="schema", template_name="docs.html"), name="docs"),
    path("", include("governance.console.urls")),
    path("", include("userstore.console.urls")),
    path("", include("dataflow.console.urls")),
    path("", include("governance.portal.urls")),
    path("", include("userstore.portal.urls")),
    path("admin/", admin.site.urls),
    path("", include("audit.api.urls")),
    path("", include("governance.api.urls")),
    path("", include("dataflow.api.urls")),
]

handler400 = "config.problems.bad_request"
handler403 = "config.problems.forbidden"
handler404 = "config.problems.not_found"
handler500 = "config.problems.server_error"
