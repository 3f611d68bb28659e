"""Addresses of the API of dataflows."""

from __future__ import annotations

from django.urls import path

from dataflow.api.hub import HubContent, HubItems, SingleHubItem

app_name = "dataflow"
urlpatterns = [
    path("dataflow/hub/items", HubItems.as_view(), name="hub-items"),
    path("dataflow/hub/items/<uuid:item_id>", SingleHubItem.as_view(), name="hub-item"),
    path("dataflow/hub/items/<uuid:item_id>/content", HubContent.as_view(), name="hub-content"),
]
