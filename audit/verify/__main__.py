"""`python -m audit.verify`: the verifier without packing it."""

from __future__ import annotations

import sys

from .cli import main

sys.exit(main())
