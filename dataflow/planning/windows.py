"""What is planned and not run yet: windows and schedules."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dataflow.grammar.faults import Fault, FileRefused
from dataflow.grammar.spec import Inline, Service, Step, Window
from dataflow.planning.bodies import Found
from dataflow.schemas.shapes import ANYTHING, Shape


def not_run_yet(spec: Service) -> Iterator[Fault]:
    """Yield what a service has that does not run."""
    where = f"services.{spec.name}"
    if spec.window is not None:
        yield Fault(spec.window.place, where, "windows are not run yet")
    for port in spec.sources:
        if port.kind == "schedule":
            yield Fault(port.place, where, "schedules are not run yet")


def flushed_by(window: Window, find: Callable[[Step], Found]) -> tuple[Shape, list[Fault]]:
    """Return what comes out of a window, and what is wrong with functions in it: they are nowhere, or do not run."""
    faults: list[Fault] = []
    shape: Shape = ANYTHING
    for step in _steps(window):
        if isinstance(step.code, Inline) and step.code.language != "rust":
            continue  # what it takes and gives is checked once windows run
        try:
            found = find(step)
        except FileRefused as refused:
            faults += refused.faults
            continue
        if step is window.flush and found.gives is not None:
            shape = found.gives
    return shape, faults


def _steps(window: Window) -> Iterator[Step]:
    partition = window.partition
    inner = (partition.assign_key, *partition.transforms, partition.update_state) if partition else ()
    for each in (window.assign_timestamp, *window.transforms, *inner, window.flush):
        if each is not None:
            yield each
