"""Addresses of the store's pages."""

from __future__ import annotations

urlpatterns: list[object] = []
