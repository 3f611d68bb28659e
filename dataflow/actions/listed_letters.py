"""Dead letters as they are listed."""

from __future__ import annotations

from dataclasses import dataclass

from dataflow.deadletters.letters import Letter
from dataflow.store.concealing import Sealed


@dataclass(frozen=True, slots=True)
class Listed:
    """A letter as it is listed. `is_of_person`: it is sealed under a person's key, and opens under a grant for them.

    `is_readable`: its key is there, as it may not be after a restore.
    """

    letter: Letter
    is_of_person: bool
    is_readable: bool = True

    @classmethod
    def told(cls, letter: Letter, sealed: Sealed) -> Listed:
        """Return a letter with what is known of its key."""
        return cls(letter, sealed is Sealed.PERSON, sealed is not Sealed.UNREADABLE)
