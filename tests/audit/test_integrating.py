"""Every entry gets one place in the tree, once its transaction is over, whatever happens meanwhile."""

from __future__ import annotations

import random
import threading
import time
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege

from audit.errors import LogKeyUnusable
from audit.integrity.edge import load_edge
from audit.integrity.integrating import TreeBroken
from audit.verify.notes import LOG, NoteRefused, new_signer, read_checkpoint, read_note
from audit.verify.tiles import WIDTH
from audit.verify.tree import leaf_hash, root_of
from tests.audit.connections import SET_ENVIRONMENT, AddressOf, run
from tests.audit.sealing import LOG_KEY, NOW, ORIGIN, sealing, tampered, turned_until, wrote
from tests.audit.vocabulary import ENVIRONMENT

pytestmark = pytest.mark.django_db(transaction=True)

INSERT = (
    "insert into audit_entry (id, environment_id, kind, outcome, actor_kind, body) "
    "values (%s, %s, 'a.b', 'done', 'system', %s)"
)
LEAVES = "select l.index, l.hash, e.body, e.xid::text::bigint from audit_leaf l join audit_entry e on e.id = l.entry_id"


def leaves(role_url: AddressOf) -> list[tuple[int, bytes, str, int]]:
    return sorted(run(role_url("auditor"), LEAVES))  # type: ignore[arg-type]  # as the statement says


def test_entries_get_places_without_gaps_and_the_log_signs_their_root(role_url: AddressOf) -> None:
    with sealing(role_url) as sealer:
        assert sealer.turn(now=NOW).note is None  # type: ignore[union-attr]  # nobody else works here
        wrote(3)
        first = turned_until(sealer, 3)
        wrote(2)
        second = turned_until(sealer, 5)
        assert sealer.turn(now=NOW).added == 0  # type: ignore[union-attr]  # as above
    found = leaves(role_url)

    assert [index for index, *_ in found] == [0, 1, 2, 3, 4]
    assert all(hash_ == leaf_hash(body.encode()) for _, hash_, body, _ in found)
    for turn, size in ((first, 3), (second, 5)):
        note = read_note(turn.note or "")
        note.signed_by(LOG_KEY.verifier)
        told = read_checkpoint(note)
        assert (told.origin, told.size, told.root) == (ORIGIN, size, root_of(h for _, h, *_ in found[:size]))


def test_an_entry_whose_transaction_is_open_waits_and_nothing_passes_it(role_url: AddressOf) -> None:
    late, waiting = uuid4(), "select pg_current_xact_id()"
    with sealing(role_url) as sealer, psycopg.connect(role_url("app")) as writer:
        writer.execute(SET_ENVIRONMENT, [str(ENVIRONMENT)])
        writer.execute(waiting)
        wrote(2)
        assert sealer.turn(now=NOW).size == 0  # type: ignore[union-attr]  # nobody else works here
        writer.execute(INSERT, [late, ENVIRONMENT, "{}"])
        writer.commit()
        turned_until(sealer, 3)
    assert leaves(role_url)[0][2] == "{}", "the order is that of transactions"
    assert run(role_url("auditor"), "select entry_id from audit_leaf where index = 0") == [(late,)]


def test_one_that_rolls_back_leaves_no_gap(role_url: AddressOf) -> None:
    with sealing(role_url) as sealer, psycopg.connect(role_url("app")) as writer:
        writer.execute(SET_ENVIRONMENT, [str(ENVIRONMENT)])
        writer.execute(INSERT, [uuid4(), ENVIRONMENT, "{}"])
        writer.rollback()
        wrote(1)
        assert turned_until(sealer, 1).size == 1


def test_full_tiles_are_kept_and_a_new_sealer_goes_on_from_them(role_url: AddressOf) -> None:
    bodies = 2 * WIDTH + 7
    with psycopg.connect(role_url("app")) as writer:
        writer.execute(SET_ENVIRONMENT, [str(ENVIRONMENT)])
        writer.cursor().executemany(INSERT, [(UUID(int=n), ENVIRONMENT, f'{{"n":{n}}}') for n in range(bodies)])
    with sealing(role_url, most=100) as sealer:
        turned_until(sealer, bodies)
    with sealing(role_url) as sealer:
        wrote(1)
        turned_until(sealer, bodies + 1)
    hashes = [hash_ for _, hash_, *_ in leaves(role_url)]

    tiles = run(role_url("auditor"), "select level, number, hashes from audit_tile order by level, number")
    assert tiles == [(0, n, b"".join(hashes[n * WIDTH : (n + 1) * WIDTH])) for n in range(2)]
    with psycopg.connect(role_url("auditor")) as connection:
        assert load_edge(connection, len(hashes)).root() == root_of(hashes)
        with pytest.raises(LookupError):
            load_edge(connection, len(hashes) + 1)


def test_only_one_sealer_works_and_another_takes_over(role_url: AddressOf) -> None:
    wrote(1)
    with sealing(role_url) as first, sealing(role_url) as second:
        with psycopg.connect(role_url("sealer")) as holder:
            holder.execute("select pg_advisory_xact_lock(733102)")
            assert first.turn(now=NOW) is None
        turned_until(second, 1)
        wrote(1)
        turned_until(first, 2)


def test_many_writers_that_take_their_time_or_give_up_lose_nothing(role_url: AddressOf) -> None:
    stop, kept = threading.Event(), []

    def write(seed: int) -> None:
        chance = random.Random(seed)
        with psycopg.connect(role_url("app")) as connection:
            while not stop.is_set():
                entry = uuid4()
                connection.execute(SET_ENVIRONMENT, [str(ENVIRONMENT)])
                connection.execute(INSERT, [entry, ENVIRONMENT, f'{{"id":"{entry}"}}'])
                time.sleep(chance.choice([0, 0, 0.002, 0.03]))
                if chance.random() < 0.1:
                    connection.rollback()
                else:
                    connection.commit()
                    kept.append(entry)

    writers = [threading.Thread(target=write, args=[seed]) for seed in range(6)]
    with sealing(role_url) as sealer:
        for writer in writers:
            writer.start()
        for _ in range(40):
            sealer.turn(now=NOW)
            time.sleep(0.02)
        stop.set()
        for writer in writers:
            writer.join()
        turned_until(sealer, len(kept))
    found = run(role_url("auditor"), "select entry_id from audit_leaf")
    assert {entry for (entry,) in found} == set(kept)
    orders = [xid for *_, xid in leaves(role_url)]
    assert orders == sorted(orders)


def test_entries_that_a_restore_brought_from_another_cluster_are_found(role_url: AddressOf) -> None:
    foreign = "insert into audit_entry (id, xid, environment_id, kind, outcome, actor_kind, body) values (%s, %s, %s, 'a.b', 'done', 'system', '{}')"  # noqa: E501  one statement
    with sealing(role_url) as sealer:
        wrote(1)
        turned_until(sealer, 1)
        run(role_url("superuser"), foreign, [uuid4(), "999999999999", ENVIRONMENT])
        turn = sealer.turn(now=NOW)
        assert turn is not None and turn.added == 0, "nobody can write such an entry here"
        run(role_url("superuser"), "update audit_integration set cluster = 'the one that was dumped'")
        turned_until(sealer, 2)
        wrote(1)
        turned_until(sealer, 3)


def test_a_tree_that_is_not_what_was_signed_is_never_signed_again(role_url: AddressOf) -> None:
    with sealing(role_url) as sealer:
        wrote(2)
        turned_until(sealer, 2)
    break_it = "alter table audit_leaf disable trigger all; update audit_leaf set hash = sha256('x') where index = 0; alter table audit_leaf enable always trigger guard_rows"  # noqa: E501  one statement
    run(role_url("superuser"), break_it)
    wrote(1)
    with sealing(role_url) as sealer, pytest.raises(TreeBroken, match="another root"):
        sealer.turn(now=NOW)
    (trouble,) = run(role_url("app"), "select trouble from audit_integration_state()")[0]
    assert "another root" in trouble
    assert len(leaves(role_url)) == 2


def test_a_log_with_another_key_is_not_taken_over(role_url: AddressOf) -> None:
    with sealing(role_url) as sealer:
        wrote(1)
        turned_until(sealer, 1)
    other = new_signer(ORIGIN, LOG, b"somebody else's seed, 32 bytes..")
    with sealing(role_url, signer=other) as sealer, pytest.raises(TreeBroken, match="has not signed"):
        sealer.turn(now=NOW)


def rolled_back(role_url: AddressOf, *, to: int) -> None:
    """What somebody does who writes to the database and has no key: the tree is as small as it was."""
    tampered(role_url, "audit_leaf", f"delete from audit_leaf where index >= {to}")  # noqa: S608  a size that is ours
    tampered(role_url, "audit_signedcheckpoint", f"delete from audit_signedcheckpoint where size > {to}")  # noqa: S608  a size that is ours
    run(role_url("superuser"), "update audit_integration set cluster = ''")


def test_a_sealer_signs_no_second_history_of_what_it_signed(role_url: AddressOf, tmp_path: Path) -> None:
    memory = tmp_path / "log.last"
    with sealing(role_url, memory=memory) as sealer:
        wrote(2)
        turned_until(sealer, 2)
        wrote(2)
        turned_until(sealer, 4)
        rolled_back(role_url, to=2)
        with pytest.raises(TreeBroken, match="another tree of 4 entries; 2 are stored"):
            sealer.turn(now=NOW)
    with sealing(role_url, memory=memory) as sealer, pytest.raises(TreeBroken, match="another tree of 4"):
        sealer.turn(now=NOW)
    memory.write_text("{")
    with pytest.raises(LogKeyUnusable, match="cannot be read"), sealing(role_url, memory=memory):
        pass


def test_a_sealer_goes_on_from_what_another_one_added_and_from_nothing_else(
    role_url: AddressOf, tmp_path: Path
) -> None:
    memory = tmp_path / "log.last"
    with sealing(role_url, memory=memory) as sealer, sealing(role_url) as other:
        wrote(2)
        turned_until(sealer, 2)
        wrote(1)
        turned_until(other, 3)
        wrote(1)
        turned_until(sealer, 4)
    with sealing(role_url) as forger:
        rolled_back(role_url, to=0)
        wrote(1)
        turned_until(forger, 5)
    with sealing(role_url, memory=memory) as sealer, sealing(role_url):
        turned_until(sealer, 5)  # the same entries in the same order are the same tree
    tampered(role_url, "audit_entry", "update audit_entry set body = replace(body, 'example', 'exemple')")
    with sealing(role_url) as forger:
        rolled_back(role_url, to=0)
        wrote(1)
        turned_until(forger, 6)
    with sealing(role_url, memory=memory) as sealer, pytest.raises(TreeBroken, match="does not begin with"):
        sealer.turn(now=NOW)


def test_a_floor_of_the_future_hides_nothing(role_url: AddressOf) -> None:
    with sealing(role_url) as sealer:
        wrote(1)
        turned_until(sealer, 1)
        run(role_url("superuser"), "update audit_integration set floor = '1152921504606846976'")
        wrote(1)
        turned_until(sealer, 2)


def test_an_id_that_is_used_twice_stops_nothing(role_url: AddressOf) -> None:
    twice = uuid4()
    for _ in range(2):
        run(role_url("app"), INSERT, [twice, ENVIRONMENT, "{}"], environment=ENVIRONMENT)
    with sealing(role_url) as sealer:
        turned_until(sealer, 1)
        run(role_url("app"), INSERT, [twice, ENVIRONMENT, "{}"], environment=ENVIRONMENT)
        wrote(1)
        turned_until(sealer, 2)


FORBIDDEN = (
    "insert into audit_entry (id, environment_id, kind, outcome, actor_kind, body) values "
    "(gen_random_uuid(), gen_random_uuid(), 'a.b', 'done', 'system', '{}')",
    "update audit_leaf set hash = hash",
    "delete from audit_leaf",
    "truncate audit_tile",
    "update audit_signedcheckpoint set note = note",
    "delete from audit_cosignature",
    "delete from audit_integration",
)


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_the_sealer_changes_and_deletes_nothing(role_url: AddressOf, statement: str) -> None:
    with pytest.raises(InsufficientPrivilege):
        run(role_url("sealer"), statement)


@pytest.mark.parametrize("role", ["app", "auditor"])
@pytest.mark.parametrize("table", ["audit_leaf", "audit_tile", "audit_signedcheckpoint", "audit_cosignature"])
def test_nobody_else_writes_the_tree(role_url: AddressOf, role: str, table: str) -> None:
    for statement in (f"insert into {table} default values", f"delete from {table}", f"truncate {table}"):  # noqa: S608  names from above
        with pytest.raises(InsufficientPrivilege):
            run(role_url(role), statement)


def test_a_note_of_somebody_else_is_refused() -> None:
    text = f"{ORIGIN}\n1\nAAAA\n"
    with pytest.raises(NoteRefused):
        read_note(text + "\n" + LOG_KEY.sign("another text") + "\n").signed_by(LOG_KEY.verifier)


def test_what_is_integrated_is_not_looked_at_again_even_while_more_waits(role_url: AddressOf) -> None:
    with sealing(role_url) as first:
        first.turn(now=NOW)
    wrote(12)
    waits = "select count(*) from audit_entry e, audit_integration i where e.xid >= i.floor"
    with sealing(role_url, most=4) as sealer:
        deadline, turn = time.monotonic() + 60, sealer.turn(now=NOW)
        while turn and turn.size < 12 and time.monotonic() < deadline:
            # The last one that was taken is looked at once more: its transaction may have written others.
            assert run(role_url("auditor"), waits)[0][0] <= 12 - turn.size + 1
            turn = sealer.turn(now=NOW)
        sealer.turn(now=NOW)
    assert run(role_url("auditor"), waits) == [(0,)]
