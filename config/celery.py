"""The task application: `celery --app=config.celery worker` and `... beat`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from celery import Celery
from celery.signals import beat_init, worker_ready

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("sealbook")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_ready.connect
@beat_init.connect
def tell_supervisor(**_: Any) -> None:
    """Say that this process works now, where somebody waits for it."""
    if ready := os.environ.get("SEALBOOK_READY_FILE"):
        Path(ready).touch(mode=0o600)
