"""A flow from one topic to another, with whatever it says of them, and what it declares when it starts."""

from __future__ import annotations

from pathlib import Path

from dataflow.actions.topics import declare_topics
from dataflow.grammar.flowfile import read_flow
from dataflow.models import FlowTopic
from dataflow.packages.library import find_folders
from dataflow.planning.plan import Plan
from dataflow.planning.planner import plan_flow
from dataflow.queries import known_topics
from governance.identities import Caller
from keyring.walls import in_environment

FLOW = """\
apiVersion: 0.6.0
meta: {name: NAME, version: 0.1.0, namespace: tests}
config: {converter: json}
types: {person: {type: object, properties: {mail: {type: string, pii: email}}}}
topics:
  FROM: {schema: {value: {type: TYPE}}OF_FROM}
  TO: {schema: {value: {type: TYPE}}OF_TO}
services:
  pass-on:
    sources: [{type: topic, id: FROM}]
    sinks: [{type: topic, id: TO}]
"""
SSN = ", privacy: {pii: [ssn], expires: 7d}"
CLEAN = ", privacy: {pii: [], expires: 7d}"


def written(
    name: str, *, source: str = "raw", to: str = "out", of_source: str = "", of_to: str = "", type_: str = "string"
) -> str:
    """Return a flow's file."""
    text = FLOW.replace("NAME", name).replace("OF_FROM", of_source).replace("OF_TO", of_to)
    return text.replace("FROM", source).replace("TO", to).replace("TYPE", type_)


def planned(caller: Caller, text: str) -> Plan:
    """Return its plan in an environment where others may have declared topics."""
    file = read_flow(text, "dataflow.yaml")
    find = find_folders(Path("/nowhere"), dev=file.dev)
    return plan_flow(file, find=find, builtins={}, known=known_topics(caller))


def started(caller: Caller, text: str) -> Plan:
    """Plan and declare it, as when it starts."""
    plan = planned(caller, text)
    declare_topics(caller, plan=plan)
    return plan


def topics_of(caller: Caller) -> dict[str, FlowTopic]:
    """Return what is declared in the caller's environment, by name."""
    with in_environment(caller.environment_id):
        return {each.name: each for each in FlowTopic.objects.all()}
