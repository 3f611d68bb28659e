"""What every entry of one request shares."""

from __future__ import annotations

from contextvars import ContextVar

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""Set by the web process for each request; None in jobs and on the command line."""
