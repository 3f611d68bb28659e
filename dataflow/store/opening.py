"""`open`: what a text says that a flow has sealed, by the store's keys or by a folder's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dataflow.functions.protocol import ParametersRefused
from dataflow.functions.pseudonyms import use_of
from dataflow.functions.sealing import OpensTexts
from dataflow.store.exchanging import Resolve
from dataflow.store.protocol import KnowsValues


class Open(Resolve):
    """What a sealed text says. What comes out is personal data again, as behind `resolve`."""

    name = "open"
    says = "Opens what `seal` has sealed, on record, for people who permit it: `with: {field, purpose, category}`."
    _known = frozenset({"field", "purpose", "category", "use"})

    def _asked(self, parameters: Mapping[str, Any], secrets: object) -> Callable[[Sequence[str]], list[str]]:
        """Return what opens: the store, on record, or the key of a folder, which asks nobody."""
        purpose, use = parameters["purpose"], use_of(parameters)
        store: object = self._store
        if isinstance(store, KnowsValues):
            return lambda texts: store.opened(texts, purpose=purpose, use=use)
        if isinstance(secrets, OpensTexts):
            return lambda texts: secrets.opened(texts, use=use)
        raise ParametersRefused("there is no key to open with here")
