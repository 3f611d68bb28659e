"""Books that were made in memory: their bodies, their exports, and what a verifier says of these."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from audit.verify.checkpoints import Keys
from audit.verify.dating import rfc3339
from audit.verify.exports import ALL, Header, begun_line, checkpoint_line, end_line, leaf_line, tile_line
from audit.verify.notes import LOG, WITNESS, Checkpoint, Signer, joined, new_signer
from audit.verify.tiles import Edge
from audit.verify.tree import leaf_hash

LOG_KEY = new_signer("sealbook.test/book", LOG, b"the log's seed, 32 bytes of it..")
WITNESS_KEY = new_signer("witness.test", WITNESS, b"a witness's seed, 32 bytes of it")
KEYS = Keys(LOG_KEY.verifier, (WITNESS_KEY.verifier,), 1)
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def body_at(moment: datetime, number: int = 0, environment: str = "6d0c6f2e-9a39-4f9e-8f61-0d5be1f6a001") -> bytes:
    """Return the body of an entry as the recorder writes it."""
    return (
        f'{{"actor":{{"id":null,"kind":"system"}},"at":"{rfc3339(moment)}","decision":null,'
        f'"environment":"{environment}","facts":{{"count":{number}}},'
        f'"id":"00000000-0000-7000-8000-{number:012x}","kind":"example.other","outcome":"done","request_id":null,"v":1}}'
    ).encode()


def bodies(count: int) -> list[bytes]:
    """Return entries of which one happened every second."""
    return [body_at(NOON + timedelta(seconds=number), number) for number in range(count)]


def noted(edge: Edge, signer: Signer, at: datetime, *, cosigners: Iterable[Signer] = (WITNESS_KEY,)) -> str:
    """Return the checkpoint of a tree, cosigned."""
    text = Checkpoint(LOG_KEY.name, edge.size, edge.root()).text()
    lines = [signer.sign(text), *(each.cosign(text, seconds=int(at.timestamp())) for each in cosigners)]
    return str(joined(text, lines))


def export_of(entries: Sequence[bytes], *, every: int = 100, first: int = 0, signer: Signer = LOG_KEY) -> list[bytes]:
    """Return the lines of an export with a checkpoint every so many entries, which a witness saw a second later."""
    edge, lines = Edge(), []
    for index, body in enumerate(entries):
        hash_ = leaf_hash(body)
        tiles = edge.append(hash_)
        if index >= first:
            lines += [leaf_line(index, hash_, body), *map(tile_line, tiles)]
        if index >= first and ((index + 1) % every == 0 or index + 1 == len(entries)):
            lines.append(checkpoint_line(noted(edge, signer, NOON + timedelta(seconds=index + 1))))
        if index + 1 == first:
            lines += [begun_line(level, hashes) for level, hashes in enumerate(edge.begun)]
    return [Header(LOG_KEY.name, ALL, first).line(), *lines, end_line(len(entries))]
