"""Functions that ask the store: `tokenize`, `resolve`, `require-consent`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from dataflow.functions.protocol import Answer, Builtin, Failed, ParametersRefused, Work
from dataflow.functions.registry import BUILTINS
from dataflow.schemas.shapes import TRUTH, Shape
from dataflow.store.asking import Asking
from dataflow.store.exchanging import Resolve, Tokenize
from dataflow.store.opening import Open
from dataflow.store.places import NotThere, Spot, place_in, spot
from dataflow.store.protocol import Store, StoreRefuses
from dataflow.store.proving import Prove

NAMELESS = "it names nobody"


class RequireConsent(Asking):
    """Keeps the records of people for whom a purpose is permitted."""

    name = "require-consent"
    operator = "filter"
    says = "Keeps records of people who permit a purpose: `with: {subject, purpose, otherwise: drop|dead-letter}`."
    _known = frozenset({"subject", "purpose", "otherwise"})
    _needed = frozenset[str]()

    def __init__(self, store: Store | None, *, purpose: str, subject: str) -> None:
        super().__init__(store)
        self._purpose, self._subject = purpose, subject

    def gives(self, shape: Shape, parameters: Mapping[str, Any]) -> Shape:  # noqa: ARG002  the protocol's
        """Return a truth. Raises `ParametersRefused` where nobody says what for and of whom."""
        self._read(parameters)
        return TRUTH

    def prepare(self, shape: Shape, parameters: Mapping[str, Any], secrets: object = None) -> Work:  # noqa: ARG002  as above
        """Return what asks for all people of a batch at once. Raises `ParametersRefused`."""
        place, purpose, refusal = self._read(parameters)
        store, where = self._store_here(), spot(shape, place)

        def work(values: Sequence[Any]) -> list[Answer]:
            people = [_person(where, each) for each in values]
            try:
                permitted = store.permitted({each for each in people if each is not None}, purpose=purpose)
            except StoreRefuses as refused:
                return [Failed(f"the store refuses: {refused}") for _ in values]
            return [Failed(NAMELESS) if who is None else True if who in permitted else refusal for who in people]

        return work

    def _read(self, parameters: Mapping[str, Any]) -> tuple[tuple[str, ...], str, Answer]:
        self._check(parameters)
        purpose = parameters.get("purpose", self._purpose)
        if not isinstance(purpose, str) or not purpose:
            raise ParametersRefused("say what for: `purpose` here, or `privacy: {purpose: ...}` for the flow")
        otherwise = parameters.get("otherwise", "drop")
        if otherwise not in ("drop", "dead-letter"):
            raise ParametersRefused("`otherwise` is drop or dead-letter")
        refusal = False if otherwise == "drop" else Failed(f"{purpose} is not permitted")
        return place_in(parameters, "subject", self._subject), purpose, refusal


def _person(where: Spot, value: Any) -> UUID | None:
    """Return whom a record names; None where that is nobody, or where it names several."""
    try:
        (told,) = set(where.texts(value))
        return UUID(told)
    except (NotThere, ValueError):
        return None


def asks_store(builtin: Builtin) -> bool:
    """Say whether a function asks the store wherever it runs."""
    return isinstance(builtin, Asking) and not isinstance(builtin, Open)


def functions_for(store: Store | None, *, purpose: str = "", subject: str = "") -> dict[str, Builtin]:
    """Return every function that a flow can use without a package, by name; `purpose` and `subject` are the flow's own.

    Without a store those that ask it can be planned, and are refused when they are to run.
    """
    consent = RequireConsent(store, purpose=purpose, subject=subject)
    asking: list[Builtin] = [Tokenize(store), Resolve(store), Open(store), consent, Prove(store)]
    return BUILTINS | {each.name: each for each in asking}
