"""Addresses of the store's API."""

from __future__ import annotations

urlpatterns: list[object] = []
