"""`python -m benchmarks`: prints every figure with its bar and ends with 1 where one is missed."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from time import perf_counter

PARTS = (
    "values",
    "policies",
    "scripts",
    "bulk",
    "peers",
    "stream",
    "calls",
    "sealing",
    "graph",
    "importing",
    "rotation",
    "stopping",
    "book",
    "lag",
    "numbers",
    "filters",
    "flows",
    "streams",
)


def main() -> int:
    parser = ArgumentParser(prog="benchmarks", description="Ratios inside one run, with their bars.")
    parser.add_argument("parts", nargs="*", default=[], help=f"only these: {', '.join(PARTS)}")
    asked = parser.parse_args().parts or list(PARTS)
    from benchmarks.stage import servers

    started = perf_counter()
    with servers():
        import django

        django.setup()
        from django.core.management import call_command
        from django.db import connections

        call_command("migrate", database="owner", verbosity=0)
        connections["owner"].close()
        from benchmarks.run import run

        holds = run([part for part in PARTS if part in asked])
        connections.close_all()
    print(f"{perf_counter() - started:.0f} s in all", flush=True)
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
