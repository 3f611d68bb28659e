"""`python -m benchmarks.score`: prints how good the analysis is, beside what it has to beat."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from concurrent.futures import ProcessPoolExecutor, as_completed
from os import cpu_count
from pathlib import Path
from time import perf_counter

from benchmarks.score.observing import Observed, observe
from benchmarks.score.telling import tell, tell_ablation, tell_rules

FOLDER = Path(__file__).parent


def main() -> int:
    parser = ArgumentParser(prog="benchmarks.score", description="Precision and recall on simulated companies.")
    parser.add_argument("configurations", nargs="*", help="names of configuration files; all of the set by default")
    parser.add_argument("--set", choices=("tuning", "test"), default="test", help="test: frozen before any tuning")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--days", type=int, help="fewer days than the configuration says")
    parser.add_argument("--scale", type=float, default=1.0, help="a smaller or larger company")
    parser.add_argument("--ablation", action="store_true", help="what is lost and spared without each rule")
    asked = parser.parse_args()
    paths = sorted((FOLDER / asked.set).glob("*.toml"))
    if asked.configurations:
        paths = [path for path in paths if path.stem in asked.configurations]
    # Seeds of the two sets never meet.
    first = 1 if asked.set == "tuning" else 1001
    began = perf_counter()
    for path in paths:
        observed = _observed(path, range(first, first + asked.seeds), days=asked.days, scale=asked.scale)
        tell(f"{asked.set}/{path.stem}", observed)
        tell_rules(observed)
        if asked.ablation:
            tell_ablation(observed)
    print(f"\n{perf_counter() - began:.0f} s in all", flush=True)
    return 0 if paths else 1


def _observed(path: Path, seeds: range, *, days: int | None, scale: float) -> list[Observed]:
    with ProcessPoolExecutor(max_workers=cpu_count() or 1) as pool:
        waiting = [pool.submit(observe, path, seed, days=days, scale=scale) for seed in seeds]
        found = []
        for count, future in enumerate(as_completed(waiting), start=1):
            found.append(future.result())
            print(f"\r{path.stem}: {count} of {len(seeds)} seeds", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return sorted(found, key=lambda each: each.seed)


if __name__ == "__main__":
    sys.exit(main())
