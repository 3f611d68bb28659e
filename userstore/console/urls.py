"""Addresses of the store's pages."""

from __future__ import annotations

from django.contrib import admin
from django.urls import path

from userstore.console.board import ConsentSwitch, board
from userstore.console.retention import retention

urlpatterns = [
    path("admin/retention/", admin.site.admin_view(retention), name="retention"),
    path("board", board, name="board"),
    path("board/<uuid:subject_id>/<uuid:value_id>/<slug:purpose>", ConsentSwitch.as_view(), name="board-switch"),
]
