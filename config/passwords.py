"""What passwords have to be like."""

from __future__ import annotations

from typing import Any

_RULES = "django.contrib.auth.password_validation"

AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": f"{_RULES}.UserAttributeSimilarityValidator"},
    {"NAME": f"{_RULES}.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": f"{_RULES}.CommonPasswordValidator"},
]
"""Those of operators."""

USERSTORE_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": f"{_RULES}.MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
    {"NAME": f"{_RULES}.CommonPasswordValidator"},
]
"""Those of users that are created with one."""
