"""The server's settings, with one more address: the plain view that others are compared with."""

from __future__ import annotations

from config.settings import *  # noqa: F403  all of the server's settings, then what differs

ROOT_URLCONF = "benchmarks.urls"
