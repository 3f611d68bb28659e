"""The server's settings, with one more address: the plain view that others are compared with."""

from __future__ import annotations

from cryptography.fernet import Fernet

from config.settings import *  # noqa: F403  all of the server's settings, then what differs

ROOT_URLCONF = "benchmarks.urls"

# What the peers of the bulk read want; keys of one run.
SALT_KEY = Fernet.generate_key().decode()
FIELD_ENCRYPTION_KEY = Fernet.generate_key().decode()
