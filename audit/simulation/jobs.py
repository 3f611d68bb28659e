"""Programs that read records by themselves, at their hour, in reviewed builds."""

from __future__ import annotations

from dataclasses import dataclass

from audit.simulation.company import handle_of, id_of


@dataclass(frozen=True, slots=True)
class Program:
    """A job that is registered."""

    actor: str
    purpose: str
    resource: str
    columns: tuple[str, ...]
    hour: int
    weekday: int | None
    """The day of the week on which it runs, None for every day."""
    size: int
    build: str


def programs(seed: int) -> tuple[Program, ...]:
    """Return the jobs of the company."""
    planned = (
        ("invoices", "billing", ("iban", "street"), 2, None, 300),
        ("newsletter", "marketing", ("email",), 4, 1, 500),
        ("duplicates", "operation", ("email", "phone", "street"), 3, 6, 400),
    )
    return tuple(
        Program(
            actor=str(id_of(seed, f"job {name}", 0)),
            purpose=purpose,
            resource=str(id_of(seed, f"accessor {name}", 0)),
            columns=columns,
            hour=hour,
            weekday=weekday,
            size=size,
            build=handle_of(seed, -3_000_000 - number) * 2,
        )
        for number, (name, purpose, columns, hour, weekday, size) in enumerate(planned)
    )
