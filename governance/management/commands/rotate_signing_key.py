"""`manage.py rotate_signing_key`: a new key for access tokens; the former ones verify until their tokens expire."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from audit.actors import SYSTEM
from governance.actions.signing import ensure_signing_key, rotate_signing_key


class Command(BaseCommand):
    help = "Make a new key that signs access tokens. Tokens already handed out stay good until they expire."

    def handle(self, *args: Any, **options: Any) -> None:
        ensure_signing_key()
        self.stdout.write(f"Signing key {rotate_signing_key(SYSTEM).id}")
