"""Proofs at work: outputs are looked at as they are about to leave, all of a batch at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dataflow.engines.protocol import Output
from dataflow.functions.protocol import Answer, Failed, Secrets, Work
from dataflow.planning.plan import Port
from dataflow.schemas.shapes import TEXT
from dataflow.store.protocol import StoreAway


def proof_of(port: Port, secrets: Secrets) -> Callable[[Sequence[Output]], list[str]]:
    """Return what says of each output why it may not leave; "" where it may, and of all where a sink has no proof."""
    if port.proof is None:
        return lambda leaving: [""] * len(leaving)
    look = port.proof.builtin.prepare(TEXT, port.proof.parameters, secrets)

    def prove(leaving: Sequence[Output]) -> list[str]:
        told = [(number, part) for number, each in enumerate(leaving) for part in (each.key, each.value) if part]
        # Where bytes are no UTF-8, digits and letters among them stay what they are.
        answers = _looked(look, [part.decode(errors="replace") for _, part in told])
        found = [""] * len(leaving)
        for (number, _), answer in zip(told, answers, strict=True):
            if isinstance(answer, Failed):
                found[number] = answer.why
        return found

    return prove


def _looked(look: Work, texts: Sequence[str]) -> list[Answer]:
    """Return the answers for some texts; one on which looking ends in an error may not leave."""
    try:
        return look(texts)
    except StoreAway:
        raise
    except Exception as error:
        if len(texts) == 1:
            return [Failed(type(error).__name__)]
        return [answer for text in texts for answer in _looked(look, [text])]
