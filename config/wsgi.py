"""The web process."""

from __future__ import annotations

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()

# What is loaded by now stays: looking through it again whenever a bulk read makes many objects doubled its time.
gc.collect()
gc.freeze()
