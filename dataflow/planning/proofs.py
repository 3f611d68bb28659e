"""The proof of a sink: a built-in function that looks at what leaves, and knows whose proof it is."""

from __future__ import annotations

from collections.abc import Mapping

from dataflow.functions.protocol import Builtin, ParametersRefused
from dataflow.grammar.faults import Fault
from dataflow.grammar.spec import Meta
from dataflow.grammar.spec import Port as PortSpec
from dataflow.planning.plan import Native
from dataflow.schemas.shapes import TEXT


def planned_proof(
    spec: PortSpec, builtins: Mapping[str, Builtin], meta: Meta, service: str, faults: list[Fault]
) -> Native | None:
    """Return what looks at all that leaves by a sink, None where nothing does; what is wrong joins the faults."""
    if spec.proof is None:
        return None
    asked = {"detect": list(spec.proof.detect), "columns": list(spec.proof.columns)}
    whose = {"flow": f"{meta.namespace}/{meta.name}", "service": service, "sink": spec.id}
    found = Native(builtins["prove"], asked | whose)
    try:
        found.builtin.gives(TEXT, found.parameters)
    except ParametersRefused as refused:
        faults.append(Fault(spec.proof.place, "proof", str(refused)))
    return found
