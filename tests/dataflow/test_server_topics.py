"""Records are written to topics of a server at the terminal, and what flows made of them is read there."""

from __future__ import annotations

import io
from pathlib import Path
from threading import Thread
from time import monotonic, sleep
from typing import Any

import pytest

from config.flows import server_topics
from dataflow.running.deployed import engine_for
from dataflow.store.calls import Server, ServerAway
from tests import cast
from tests.cast import Player
from tests.dataflow.declared import SSN, started, written
from tests.dataflow.test_hub_commands import Terminal, engineer, terminal

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["engineer", "terminal"]


@pytest.fixture
def clerk(terminal: Terminal, engineer: Player) -> Player:
    """A client that writes and reads records; there are topics with personal data and without."""
    clerk = cast.new_player(engineer.client.environment, "clerk", read=True, export=True, write=True)
    started(clerk.caller, written("open"))
    started(clerk.caller, written("sealed", source="people", to="masked", of_source=SSN, of_to=SSN))
    terminal.be(clerk)
    return clerk


def lying(player: Player, topic: str) -> list[tuple[bytes | None, bytes]]:
    return [(each.key, each.value) for each in engine_for(player.caller).consume(topic, beginning=True, wait=None)]


def test_lines_of_a_file_and_of_the_input_are_written_and_read(
    terminal: Terminal, clerk: Player, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lines").write_bytes(b'k1|{"a": 1.10}\r\nno key\n|\n')
    assert terminal.type(tmp_path, "produce raw --server --file lines --key-separator |") == "Ok! 3 records\n"
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO("ä\n".encode())))
    assert terminal.type(tmp_path, "produce raw --server") == "Ok!\n"
    assert lying(clerk, "raw") == [(b"k1", b'{"a": 1.10}'), (None, b"no key"), (b"", b""), (None, "ä".encode())]
    assert terminal.type(tmp_path, "consume raw --server -Bd") == '{"a": 1.10}\nno key\n\nä\n'
    assert terminal.type(tmp_path, "consume raw --server -B -n 2 -k") == '[k1] {"a": 1.10}\n[null] no key\n'
    assert terminal.type(tmp_path, "consume raw --server -d") == ""


def test_many_lines_go_in_batches_that_the_server_takes(
    terminal: Terminal, clerk: Player, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_topics, "AT_ONCE", 700)
    monkeypatch.setattr(server_topics, "MOST_READ", 300)
    lines = [f"{number}" for number in range(1_500)] + ["x" * 500_000] * 3 + ['"' * 400_000]
    (tmp_path / "lines").write_text("\n".join(lines))
    assert terminal.type(tmp_path, "produce raw --server --file lines") == "Ok! 1504 records\n"
    assert [value.decode() for _, value in lying(clerk, "raw")] == lines
    assert terminal.type(tmp_path, "consume raw --server -Bd").splitlines() == lines


def test_where_nobody_answers_a_batch_is_sent_again_and_is_there_once(
    terminal: Terminal, clerk: Player, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, ask = list[str](), Server.ask

    def lost(server: Server, method: str, path: str, body: Any = None, *, once: str = "") -> Any:
        answer = ask(server, method, path, body, once=once)
        asked.append(once)
        if len(asked) % 3:
            raise ServerAway("Nobody answers.")
        return answer

    monkeypatch.setattr(Server, "ask", lost)
    monkeypatch.setattr(server_topics, "_PAUSES", (0.0, 0.0))
    monkeypatch.setattr(server_topics, "AT_ONCE", 2)
    (tmp_path / "lines").write_text("1\n2\n3\n")
    assert terminal.type(tmp_path, "produce raw --server --file lines") == "Ok! 3 records\n"
    assert (len(asked), len(set(asked))) == (6, 2)
    assert [value for _, value in lying(clerk, "raw")] == [b"1", b"2", b"3"]
    monkeypatch.setattr(server_topics, "_PAUSES", (0.0,))
    says = "0 written. Of records 1 to 2, none or all. Nobody answers."
    assert says in terminal.type(tmp_path, "produce raw --server --file lines", 1)


def test_who_goes_on_consuming_sees_what_comes(terminal: Terminal, clerk: Player, tmp_path: Path) -> None:
    engine = engine_for(clerk.caller)
    engine.produce("raw", [(None, b"before")])

    def come() -> None:
        sleep(2)
        engine.produce("raw", [(None, b"after")])

    begun, late = monotonic(), Thread(target=come)
    late.start()
    assert terminal.type(tmp_path, "consume raw --server -n 1") == "after\n"
    late.join()
    assert monotonic() - begun >= 2


@pytest.mark.parametrize(
    ("content", "says", "there"),
    [
        (b"1\n2\n3\n\xff\n5\n", "3 written. Line 4 is no text in UTF-8: byte 1.", 3),
        (b"1\n" + b"x" * 1_000_000, "1 written. Record 2 is longer than the server takes.", 1),
        (
            b"1\n2\na\0b\n4\n5\n",
            "2 written. Of records 3 to 4, none. The server refuses: Record 1:",
            2,
        ),
    ],
)
def test_what_is_bad_is_named_with_how_much_is_written(
    terminal: Terminal,
    clerk: Player,
    tmp_path: Path,
    content: bytes,
    says: str,
    there: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(server_topics, "AT_ONCE", 2)
    (tmp_path / "lines").write_bytes(content)
    assert says in terminal.type(tmp_path, "produce raw --server --file lines", 1)
    assert len(lying(clerk, "raw")) == there


def test_who_may_not_is_told_and_personal_data_stays(terminal: Terminal, clerk: Player, tmp_path: Path) -> None:
    (tmp_path / "lines").write_text("1\n2\n")
    assert terminal.type(tmp_path, "produce people --server --file lines") == "Ok! 2 records\n"
    assert "Read a topic without personal data" in terminal.type(tmp_path, "consume people --server -Bd", 1)
    assert "There is no such topic." in terminal.type(tmp_path, "produce nothing --server --file lines", 1)
    assert "cannot be read: FileNotFoundError" in terminal.type(tmp_path, "produce raw --server --file none", 1)
    terminal.be(cast.new_player(clerk.client.environment, "outsider"))
    for words in ("produce raw --server --file lines", "consume raw --server -Bd"):
        assert "The server refuses: This call is not allowed." in terminal.type(tmp_path, words, 1)
    assert lying(clerk, "raw") == []
