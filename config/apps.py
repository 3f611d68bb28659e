from __future__ import annotations

import threading

from allauth.account.apps import AccountConfig
from celery.signals import setup_logging
from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "config"
    verbose_name = "Sealbook"

    def ready(self) -> None:
        """Wire what belongs to the process as a whole."""
        from config import celery, checks  # noqa: F401  importing registers the checks and where tasks are sent
        from config.logs import configure_structlog, keep_django_logging, log_thread_failure

        configure_structlog()
        setup_logging.connect(keep_django_logging, weak=False)
        threading.excepthook = log_thread_failure


class AccountsWithoutFlows(AccountConfig):  # type: ignore[misc]  # allauth has no types
    """allauth's accounts, of which the second factor takes the models: none of their pages is routed.

    Signing in and up, e-mail and passwords stay Sealbook's own, so their middleware, which `ready` demands and which
    would run on every call of the API, has nothing to do.
    """

    def ready(self) -> None:
        """Demand no middleware."""
