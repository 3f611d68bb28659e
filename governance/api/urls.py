"""Addresses of governance's API."""

from __future__ import annotations

from django.urls import path

from governance.api.oidc import DiscoveryView, KeysView, TokenView
from governance.api.policies import AccessPolicies, PolicyTemplates
from governance.api.purposes import Purposes
from governance.wire.definitions import definition_routes

app_name = "governance"
urlpatterns = [
    path("oidc/token", TokenView.as_view(), name="token"),
    path(".well-known/jwks.json", KeysView.as_view(), name="jwks"),
    path(".well-known/openid-configuration", DiscoveryView.as_view(), name="openid-configuration"),
    *definition_routes(Purposes(), "userstore/config/purposes"),
    *definition_routes(PolicyTemplates(), "tokenizer/policies/accesstemplate"),
    *definition_routes(AccessPolicies(), "tokenizer/policies/access"),
]
