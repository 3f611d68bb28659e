"""Addresses of governance's pages."""

from __future__ import annotations

urlpatterns: list[object] = []
