"""Addresses of governance's API."""

from __future__ import annotations

from django.urls import path

from governance.api.oidc import DiscoveryView, KeysView, TokenView

app_name = "governance"
urlpatterns = [
    path("oidc/token", TokenView.as_view(), name="token"),
    path(".well-known/jwks.json", KeysView.as_view(), name="jwks"),
    path(".well-known/openid-configuration", DiscoveryView.as_view(), name="openid-configuration"),
]
