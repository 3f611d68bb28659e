"""Addresses of the store's pages."""

from __future__ import annotations

from django.urls import path

from userstore.console.board import ConsentSwitch, board

urlpatterns = [
    path("board", board, name="board"),
    path("board/<uuid:subject_id>/<uuid:value_id>/<slug:purpose>", ConsentSwitch.as_view(), name="board-switch"),
]
