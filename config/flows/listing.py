"""`sealbook functions`: what flows can use without a package."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from dataflow.store.functions import functions_for


def functions(words: Sequence[str]) -> int:
    """Print the built-in functions, each with its operator and a sentence."""
    parser = argparse.ArgumentParser(
        prog="sealbook functions",
        description="Print what `uses:` of a flow can name without a package. docs/dataflow.md has their parameters.",
    )
    parser.parse_args(words)
    known = functions_for(None).values()
    widths = [max(len(getattr(each, part)) for each in known) for part in ("name", "operator")]
    for each in sorted(known, key=lambda each: each.name):
        sys.stdout.write(f"{each.name:{widths[0]}}  {each.operator:{widths[1]}}  {each.says}\n")
    return 0
