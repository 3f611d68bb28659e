"""Whose signatures an auditor believes, and whether a checkpoint has them."""

from __future__ import annotations

from dataclasses import dataclass

from .notes import LOG, WITNESS, Checkpoint, Note, NoteRefused, Verifier, read_checkpoint


@dataclass(frozen=True, slots=True)
class Keys:
    """The key of the log, those of witnesses, and how many of these have to agree.

    Raises `NoteRefused` for keys that are for something else, and where more have to agree than there are.
    """

    log: Verifier
    witnesses: tuple[Verifier, ...] = ()
    quorum: int = 0

    def __post_init__(self) -> None:
        if self.log.kind != LOG or any(each.kind != WITNESS for each in self.witnesses):
            raise NoteRefused("a key of a log signs and one of a witness cosigns: these are mixed up")
        if not 0 <= self.quorum <= len({each.key for each in self.witnesses}):
            raise NoteRefused("more witnesses are asked for than there are keys of")


@dataclass(frozen=True, slots=True)
class Seen:
    """A checkpoint that the log has signed, and when as many witnesses had seen it as were asked for."""

    told: Checkpoint
    at: int | None


def signed(note: Note, keys: Keys) -> Seen:
    """Check every line of a note. Raises `NoteRefused` where one is wrong, or is of nobody whose key is known.

    Lines of witnesses are looked at if the key of any witness is known; without one they tell nothing.
    """
    told = read_checkpoint(note)
    if told.origin != keys.log.name:
        raise NoteRefused("the checkpoint is of another log")
    note.signed_by(keys.log)
    known = {(each.name, each.hint): each for each in keys.witnesses}
    times: dict[bytes, int] = {}
    for signer in note.signers:
        if signer == (keys.log.name, keys.log.hint):
            continue
        witness = known.get(signer)
        if witness is not None:
            times[witness.key] = note.signed_by(witness) or 0
        elif known or signer[0] == keys.log.name:
            raise NoteRefused("it has a signature by a key that was not named")
    latest = sorted(times.values(), reverse=True)
    return Seen(told, latest[keys.quorum - 1] if 0 < keys.quorum <= len(latest) else None)
