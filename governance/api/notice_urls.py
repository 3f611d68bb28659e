"""Addresses of notices that leave, and of the webhooks that they leave for."""

from __future__ import annotations

from django.urls import path

from governance.api.deliveries import Deliveries, DeliveryRetry
from governance.api.webhooks import SingleWebhook, Webhooks, WebhookSecrets, WebhookTrial

_WEBHOOK = "governance/webhooks/<uuid:webhook_id>"

urlpatterns = [
    path("governance/webhooks", Webhooks.as_view(), name="webhooks"),
    path(_WEBHOOK, SingleWebhook.as_view(), name="webhook"),
    path(f"{_WEBHOOK}/secrets", WebhookSecrets.as_view(), name="webhook-secrets"),
    path(f"{_WEBHOOK}/test", WebhookTrial.as_view(), name="webhook-trial"),
    path("governance/notice-deliveries", Deliveries.as_view(), name="notice-deliveries"),
    path("governance/notice-deliveries/<uuid:delivery_id>/retry", DeliveryRetry.as_view(), name="notice-retry"),
]
