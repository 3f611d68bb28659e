"""Deploy checks of the sandbox: is it really one on this machine?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, Info

from .errors import ScriptUnavailable
from .lending import lock_report


def check_sandbox(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:  # noqa: ARG001  the signature of a check
    """Start a helper and report which of its locks hold; without the seccomp filter no script may run."""
    try:
        locks = lock_report()
    except ScriptUnavailable:
        return [
            Error(
                "No script sandbox can be started, so every script policy refuses.",
                hint="It needs Linux on x86_64 or aarch64 with seccomp filters, which containers normally allow.",
                id="governance.E301",
            )
        ]
    found: list[CheckMessage] = []
    if not locks.seccomp or not locks.rlimits:
        found.append(Error("The script sandbox runs without its seccomp filter or limits.", id="governance.E302"))
    if not locks.user_namespace:
        found.append(
            Info(
                "The script sandbox runs without namespaces of its own; the seccomp filter alone keeps it in.",
                hint="Allow unprivileged user namespaces for a second layer.",
                id="governance.I303",
            )
        )
    return found
