"""The place of an entry in the tree, as the auditor finds it, and whether the entry is what was sealed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connections

from audit.errors import AuditorNotConfigured
from audit.integrity.nodes import stored_nodes
from audit.queries import AUDITOR, EntryView
from audit.verify.notes import joined, read_checkpoint, read_note
from audit.verify.proving import TlogProof
from audit.verify.tree import ProofRefused, check_inclusion, inclusion_proof, leaf_hash

_PLACE = """
select l.index, s.size, s.note, s.made_at,
    array(select c.line from audit_cosignature c where c.size = s.size order by c.witness),
    array(select c.witness from audit_cosignature c where c.size = s.size order by c.witness)
from audit_leaf l
left join lateral (
    select k.size, k.note, k.made_at from audit_signedcheckpoint k
    where k.size > l.index and k.size = coalesce(
        (select max(c.size) from audit_cosignature c where c.size > l.index),
        (select max(m.size) from audit_signedcheckpoint m))) s on true
where l.entry_id = %s
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an entry is in the tree of the last checkpoint that somebody cosigned, else of the last one."""

    index: int
    size: int
    signed_at: datetime
    witnesses: tuple[str, ...]
    proof: TlogProof
    is_what_was_sealed: bool
    """Whether the body is the one that the checkpoint speaks of. Who signed the checkpoint, the verifier checks."""


def place_of(entry: EntryView) -> Place | None:
    """Return an entry's place with its proof, None while it has none. Raises `AuditorNotConfigured`."""
    if AUDITOR not in connections:
        raise AuditorNotConfigured
    django = connections[AUDITOR]
    django.ensure_connection()
    connection: Any = django.connection
    row = connection.execute(_PLACE, [entry.id]).fetchone()
    if row is None or row[1] is None:
        return None
    index, size, note, signed_at, lines, witnesses = row
    signed = read_note(note)
    proof = TlogProof(
        index,
        tuple(inclusion_proof(index, size, stored_nodes(connection))),
        joined(signed.text, [*signed.lines, *lines]),
    )
    return Place(index, size, signed_at, tuple(witnesses), proof, _fits(entry, proof))


def _fits(entry: EntryView, proof: TlogProof) -> bool:
    told = read_checkpoint(proof.note)
    try:
        check_inclusion(
            leaf=leaf_hash(entry.text.encode()), index=proof.index, size=told.size, root=told.root, proof=proof.hashes
        )
    except ProofRefused:
        return False
    return True
