"""A plan for people: what runs between which topics, in words and as a drawing in the terminal."""

from __future__ import annotations

from collections.abc import Iterable

from dataflow.grammar.steps import written
from dataflow.planning.plan import Coded, Plan, Port, Service, State, Step


def described(plan: Plan) -> str:
    """Return the plan in lines: topics with types, services with their steps, each sink with its promise."""
    lines = [str(plan.meta), "", "Topics"]
    for topic in plan.topics.values():
        holds = f", may hold {', '.join(sorted(topic.holds))} for {written(topic.expires)}" if topic.holds else ""
        lines.append(f"  {topic.name}: {topic.value} ({topic.converter}){holds}")
    for service in plan.services:
        lines += ["", f"Service {service.name}"]
        lines += [f"  from {port.topic.name}{_listed(port.steps)}" for port in service.sources]
        lines += [f"  {_step(step)}" for step in (*service.steps, *([service.update] if service.update else []))]
        lines += [f"  state {_state(state)}" for state in service.states]
        lines += [f"  to {port.topic.name}{_listed(port.steps)}: {_promise(port)}" for port in service.sinks]
    if plan.not_yet:
        lines += ["", "Planned, and not run yet", *(f"  {each}" for each in plan.not_yet)]
    return "\n".join(lines)


def drawn(plan: Plan) -> str:
    """Return a drawing: topics in brackets, services as boxes, arrows from left to right."""
    return "\n".join(_drawn(service) for service in plan.services)


def _drawn(service: Service) -> str:
    steps = (*service.steps, *([service.update] if service.update else []))
    names = [f" {step.name} " for step in steps] or [" as it is "]
    inner = "|".join(names)
    title = f" {service.name} "
    width = max(len(inner), len(title))
    sources = [f"[{port.topic.name}]" for port in service.sources] or [""]
    sinks = [f"[{port.topic.name}]" for port in service.sinks] or [""]
    left = max(map(len, sources))
    height = max(len(sources), len(sinks))
    lines = [f"{'':{left}}    +{title:-^{width}}+"]
    for row in range(height):
        source = sources[row] if row < len(sources) else ""
        sink = sinks[row] if row < len(sinks) else ""
        body = inner if row == (height - 1) // 2 else ""
        into, out = ("--->" if source else "    "), (f"---> {sink}" if sink else "")
        lines.append(f"{source:{left}}{into}|{body:^{width}}|{out}")
    return "\n".join([*lines, f"{'':{left}}    +{'':-^{width}}+"])


def _listed(steps: Iterable[Step]) -> str:
    return "".join(f" | {_step(step)}" for step in steps)


def _step(step: Step) -> str:
    by = f" ({step.body.code.language})" if isinstance(step.body, Coded) else ""
    holds = f", may hold {', '.join(sorted(step.tainted))}" if step.tainted else ""
    rows = [f"reads {each.state.service}.{each.state.name}" for each in step.reads]
    rows += [f"changes {each.name}" for each in step.changes]
    return (
        f"{step.operator} {step.name}{by}: {step.takes} -> {step.gives}{''.join(f', {each}' for each in rows)}{holds}"
    )


def _state(state: State) -> str:
    holds = f", may hold {', '.join(sorted(state.holds))}" if state.holds else ""
    return f"{state.name}: {state.row} by key{f' for {state.ttl} s' if state.ttl else ''}{holds}"


def _promise(port: Port) -> str:
    """Say what a sink is promised: all engines so far write to a topic of the server that has the sources as well."""
    holds = f", may hold {', '.join(sorted(port.tainted))}" if port.tainted else ""
    return f"exactly once{holds}{', without keys' if port.withholds_key else ''}{_proof(port)}"


def _proof(port: Port) -> str:
    if port.proof is None:
        return ""
    asked = port.proof.parameters
    known = f"value of {', '.join(asked['columns'])} in the store" if asked["columns"] else ""
    return f", proved to have no {' and no '.join(filter(None, (', '.join(asked['detect']), known)))}"
