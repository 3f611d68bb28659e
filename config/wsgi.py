"""The web process."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application
from django.db import connections

from config.collector import settle

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()

from governance.actions.completing import complete_environments  # noqa: E402  the apps have to be loaded
from userstore.actions.replaying import replay_erasures  # noqa: E402  the apps have to be loaded

replay_erasures()  # whom a restored backup brought back is gone before anything is served
complete_environments()  # what an older version defined has whatever this one furnishes
connections.close_all()

settle()
