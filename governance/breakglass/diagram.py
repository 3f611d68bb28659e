"""The table as the diagrams that the documentation shows."""

from __future__ import annotations

from governance.breakglass.machines import INITIAL, NEW, TABLE, states_of


def diagram_of(machine: str) -> str:
    """Draw a machine as a Mermaid state diagram: its steps in the order of the table."""
    lines = ["stateDiagram-v2"]
    steps = [step for step in TABLE if step.machine == machine]
    begun = {step.target for step in steps if NEW in step.sources}
    lines += [f"    [*] --> {state}" for state in INITIAL[machine] if state not in begun]
    for step in steps:
        for source in step.sources:
            lines.append(f"    {'[*]' if source == NEW else source} --> {step.target}: {step.verb}")
    left = {source for step in steps for source in step.sources}
    lines += [f"    {state} --> [*]" for state in states_of(machine) if state not in left]
    return "\n".join(lines)
