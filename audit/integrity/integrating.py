"""One turn of the sealer: entries whose transactions are over get the next places in the tree, and the log signs it.

An entry becomes visible when its transaction commits, which may be after later ones did: neither times nor ids tell
what is still to come. `xid` below the snapshot's xmin does: no transaction is left that could add an entry there.
Entries of another cluster, which a restore brought, have ids at or above the snapshot's xmax.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg

from audit.integrity.edge import load_edge
from audit.integrity.memory import Memory, Signed
from audit.integrity.nodes import stored_nodes
from audit.verify.notes import Checkpoint, NoteRefused, Signer, joined, read_checkpoint, read_note
from audit.verify.tiles import Edge, FullTile, split
from audit.verify.tree import frontier_at

LOCK = 733_102
"""Advisory lock of the one sealer that works; the index of leaves is the second guard."""

MOST_AT_ONCE = 20_000

SILENT = timedelta(seconds=2)
"""For so long a sealer that has nothing to do does not say that it is alive."""

_NEW = "e.xid >= %(floor)s::text::xid8 and e.xid < pg_snapshot_xmin(s.now)"
_ALL = "(e.xid < pg_snapshot_xmin(s.now) or e.xid >= pg_snapshot_xmax(s.now))"

_INTEGRATE = """
with found as materialized (
    select xid, id, recorded_at, sha256('\\x00'::bytea || convert_to(body, 'UTF8')) as hash
    from (
        select e.xid, e.id, e.recorded_at, e.body
        from audit_entry e cross join (select pg_current_snapshot() as now) s
        where {} and not exists (select from audit_leaf l where l.entry_id = e.id)
        order by e.xid, e.id limit %(most)s
    ) waiting
), added as (
    insert into audit_leaf (index, entry_id, recorded_at, hash)
    select %(size)s + row_number() over (order by xid, id) - 1, id, recorded_at, hash
    -- An id that somebody used twice has one place; the other entry has none, which verifying tells.
    from (select distinct on (id) xid, id, recorded_at, hash from found order by id, xid) once
    returning index, hash
)
select (select count(*) from found), (select xid::text from found order by xid desc limit 1),
    string_agg(hash, ''::bytea order by index)
from added
"""
_ROOM_TO_SORT = "set local work_mem = '64MB'"
"""`MOST_AT_ONCE` entries with their bodies are ordered in memory."""

_BEHIND = """
select e.recorded_at from audit_entry e
where e.xid >= %s::text::xid8 and e.xid < pg_snapshot_xmax(pg_current_snapshot())
    and not exists (select from audit_leaf l where l.entry_id = e.id)
order by e.xid limit 1
"""

_STATE = """
insert into audit_integration as i (id, cluster, floor, turned_at, behind_since, trouble)
values (1, %(cluster)s, %(floor)s::text::xid8, %(now)s, %(behind)s, %(trouble)s)
on conflict (id) do update set cluster = excluded.cluster, floor = excluded.floor, turned_at = excluded.turned_at,
    behind_since = excluded.behind_since, trouble = excluded.trouble
"""


class TreeBroken(Exception):
    """The tree in the database is not the one that the log signed last: nothing is added to it and nothing signed."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What a turn did: the checkpoint that holds now (None for an empty book), what was added, and what is left."""

    note: str | None
    size: int
    added: int
    is_complete: bool


class Sealer:
    """Integrates through one connection as the role sealbook_sealer, autocommit off; one thread uses it."""

    def __init__(
        self,
        connection: psycopg.Connection,
        signer: Signer,
        *,
        most: int = MOST_AT_ONCE,
        memory: Memory | None = None,
    ) -> None:
        self._connection, self._signer, self._most, self._memory = connection, signer, most, memory
        self._signed = memory.last() if memory else None
        self._edge: Edge | None = None
        self._told_at: datetime | None = None

    def turn(self, *, now: datetime) -> Turn | None:
        """Integrate what is finished and sign; None where another sealer works.

        Raises `TreeBroken` where the stored tree is not what was signed last; the reason is kept for `/readyz`.
        """
        with self._connection.transaction():
            if not self._one("select pg_try_advisory_xact_lock(%s)", [LOCK]):
                return None
            trouble, done = "", None
            try:
                with self._connection.transaction():
                    done, edge = self._integrate(now)
            except (TreeBroken, NoteRefused, LookupError) as error:
                self._edge, trouble = None, str(error)
                self._connection.execute("update audit_integration set trouble = %s", [trouble])
        if done is None:
            raise TreeBroken(trouble)
        self._remember(edge, done)
        return done

    def _remember(self, edge: Edge, turn: Turn) -> None:
        """Keep what is committed now, and only then."""
        self._edge = edge
        if turn.note is not None and (self._signed is None or self._signed.size != turn.size):
            self._signed = Signed(turn.size, edge.root())
            if self._memory is not None:
                self._memory.keep(turn.note)

    def _integrate(self, now: datetime) -> tuple[Turn, Edge]:
        xmin = self._one("select pg_snapshot_xmin(pg_current_snapshot())::text")
        cluster, floor = self._floor(int(xmin))
        note = self._last_note()
        edge = self._edge_of(note).copy()
        wanted = {"size": edge.size, "most": self._most, "floor": floor}
        statement = _INTEGRATE.format(_ALL if floor is None else _NEW)
        self._connection.execute(_ROOM_TO_SORT)
        row = self._connection.cursor(binary=True).execute(statement, wanted).fetchone()
        found, last, joined_leaves = row or (0, None, None)
        leaves = split(joined_leaves or b"")
        if leaves:
            self._keep_tiles(list(edge.extend(leaves)))
            note = self._sign(edge)
        is_complete = found < self._most
        if leaves or floor is None or self._has_long_been_silent(now):
            knows_cluster = is_complete or floor is not None
            # What was taken was the first by xid, so below the last one nothing is left where there was a floor.
            reached = xmin if is_complete else "0" if floor is None else last
            self._tell(cluster if knows_cluster else "", floor=reached, now=now)
            if not is_complete:
                self._told_at = None
        return Turn(note, edge.size, len(leaves), is_complete), edge

    def _has_long_been_silent(self, now: datetime) -> bool:
        return self._told_at is None or not timedelta(0) <= now - self._told_at < SILENT

    def _tell(self, cluster: str, *, floor: str, now: datetime) -> None:
        behind = self._one(_BEHIND, [floor])
        told = {"cluster": cluster, "floor": floor, "now": now, "behind": behind, "trouble": ""}
        self._connection.execute(_STATE, told)
        # While something waits, it is told at every turn for how long.
        self._told_at = now if behind is None else None

    def _floor(self, xmin: int) -> tuple[str, str | None]:
        """Return this cluster and the floor that holds in it; None for all entries, where there is no such floor.

        A floor that no sealer here can have set yet is none.
        """
        cluster = str(self._one("select system_identifier from pg_control_system()"))
        row = self._connection.execute("select cluster, floor::text from audit_integration").fetchone()
        return cluster, row[1] if row and row[0] == cluster and int(row[1]) <= xmin else None

    def _last_note(self) -> str | None:
        note: str | None = self._one("select note from audit_signedcheckpoint order by size desc limit 1")
        return note

    def _edge_of(self, note: str | None) -> Edge:
        """Return the edge of the tree that a note signs, after making sure that it is ours and is what is stored."""
        if note is None:
            if self._one("select exists (select from audit_leaf)"):
                raise TreeBroken("there are leaves and no checkpoint")
            self._must_continue(Edge())
            return Edge()
        signed = read_note(note)
        signed.signed_by(self._signer.verifier)
        told = read_checkpoint(signed)
        if self._one("select max(index) + 1 from audit_leaf") != told.size:
            raise TreeBroken(f"the last checkpoint has {told.size} entries, and there is another number of leaves")
        edge = self._edge
        if edge is None or edge.size != told.size:
            edge = load_edge(self._connection, told.size)
        if edge.root() != told.root:
            raise TreeBroken(f"the tree of {told.size} entries has another root than the log signed")
        self._must_continue(edge)
        return edge

    def _must_continue(self, edge: Edge) -> None:
        """Raise `TreeBroken` unless a stored tree begins with the one that this sealer knows, whoever signed it."""
        known = self._signed
        if known is None or (known.size, known.root) == (edge.size, edge.root()):
            return
        if edge.size <= known.size:
            raise TreeBroken(f"this log has signed another tree of {known.size} entries; {edge.size} are stored")
        if frontier_at(known.size, stored_nodes(self._connection)).root() != known.root:
            raise TreeBroken(f"the tree does not begin with the {known.size} entries that this log has signed")

    def _keep_tiles(self, tiles: list[FullTile]) -> None:
        if tiles:
            with self._connection.cursor() as cursor:
                statement = "insert into audit_tile (level, number, hashes) values (%s, %s, %s)"
                cursor.executemany(statement, [(tile.level, tile.number, tile.hashes) for tile in tiles])

    def _sign(self, edge: Edge) -> str:
        text = Checkpoint(self._signer.name, edge.size, edge.root()).text()
        note = str(joined(text, [self._signer.sign(text)]))
        statement = "insert into audit_signedcheckpoint (size, root, note) values (%s, %s, %s)"
        self._connection.execute(statement, [edge.size, edge.root(), note])
        return note

    def _one(self, statement: str, parameters: list[object] | None = None) -> Any:
        row = self._connection.execute(statement, parameters).fetchone()
        return row[0] if row else None
