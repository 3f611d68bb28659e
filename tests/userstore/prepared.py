"""What the process reads from which others are forked: Django, set up, and the programs they run."""

from __future__ import annotations

from importlib import import_module

import django

django.setup()
import_module("tests.userstore.programs")
