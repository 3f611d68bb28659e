"""The dialogue of the seed, typed as it stands there with this product's names for its tools."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.dataflow.samples import SEED, seed_folder

SEALBOOK = Path(sys.executable).parent / "sealbook"
TYPED = ('{"name":"alice","ssn":"123-45-6789"}', '{"name":"bob","ssn":"987-65-4321"}')


def environment() -> dict[str, str]:
    """An account that knows of no servers: the flow has one of its own."""
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}


def said(folder: Path, *words: str, given: str = "", status: int = 0) -> str:
    done = subprocess.run(
        [SEALBOOK, *words],
        cwd=folder,
        env=environment(),
        input=given,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == status, done.stderr
    return done.stdout if status == 0 else done.stderr


def running(folder: Path) -> subprocess.Popen[str]:
    flow = subprocess.Popen([SEALBOOK, "run"], cwd=folder, env=environment(), stdout=subprocess.PIPE, text=True)
    assert flow.stdout is not None
    assert flow.stdout.readline() == "example/mask-user-info runs. Ctrl-C ends it.\n"
    return flow


def typed(folder: Path, *lines: str) -> str:
    """Type lines at the prompt of `produce`; return what the terminal shows."""
    ours, theirs = pty.openpty()
    producing = subprocess.Popen(
        [SEALBOOK, "produce", "user-info"], cwd=folder, env=environment(), stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    shown = b""
    for line in lines:
        while not shown.endswith(b"> "):
            shown += os.read(ours, 1024)
        os.write(ours, line.encode() + b"\n")
        shown += os.read(ours, 1)
    while not shown.endswith(b"> "):
        shown += os.read(ours, 1024)
    os.write(ours, b"\x04")
    assert producing.wait(30) == 0
    os.close(ours)
    return shown.decode().replace("\r\n", "\n")


def asked(terminal: int, line: str | None = None) -> str:
    """Type a line at the prompt of `run`; return what the terminal shows until the next one."""
    shown = b""
    if line is not None:
        os.write(terminal, line.encode() + b"\n")
    while not shown.endswith(b">> "):
        shown += os.read(terminal, 1024)
    return shown.decode().replace("\r\n", "\n").removesuffix(">> ")


def test_the_dialogue_of_the_seed(tmp_path: Path) -> None:
    folder = seed_folder(tmp_path)
    flow = running(folder)
    try:
        shown = typed(folder, *TYPED)
        assert shown == f"> {TYPED[0]}\nOk!\n> {TYPED[1]}\nOk!\n> "
        deadline = time.monotonic() + 20
        table = ""
        while "2          0" not in table and time.monotonic() < deadline:
            table = said(folder, "show", "state", "mask-ssn-service/mask-ssn/metrics", "--table")
        assert table == "Key    Window  succeeded  failed\nstats  *       2          0\n"
        assert said(folder, "consume", "masked", "-Bd") == (
            '{"name":"alice","ssn":"***-**-****"}\n{"name":"bob","ssn":"***-**-****"}\n'
        )
        assert "mask-ssn-service/mask-ssn/metrics  1     table" in said(folder, "show", "state")
    finally:
        flow.send_signal(signal.SIGINT)
        assert flow.wait(30) == 0
    # What was put out is still there when nothing runs any more, and the next run goes on where this one stood.
    assert said(folder, "consume", "masked", "-B", "-n", "1") == '{"name":"alice","ssn":"***-**-****"}\n'
    assert (folder / ".sealbook").stat().st_mode & 0o077 == 0


def test_the_counters_are_shown_at_the_prompt_of_the_run_as_in_the_seed(tmp_path: Path) -> None:
    folder = seed_folder(tmp_path)
    ours, theirs = pty.openpty()
    front = "import os, sys; os.close(os.open(os.ttyname(0), os.O_RDWR)); os.execv(sys.argv[1], sys.argv[1:])"
    flow = subprocess.Popen(
        [sys.executable, "-c", front, SEALBOOK, "run"],  # in front of its terminal, as a shell has it
        cwd=folder,
        env=environment(),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    try:
        assert asked(ours) == "example/mask-user-info runs. Ctrl-C ends it.\n"
        assert said(folder, "produce", "user-info", given="\n".join(TYPED)) == "Ok! 2 records\n"
        deadline, table = time.monotonic() + 20, ""
        while "2          0" not in table and time.monotonic() < deadline:
            table = asked(ours, "show state mask-ssn-service/mask-ssn/metrics --table")
        assert table.endswith("\nKey    Window  succeeded  failed\nstats  *       2          0\n")
        assert "There is no state x/metrics. There are:" in asked(ours, "show state x/metrics")
        assert "invalid choice: 'table'" in asked(ours, "show table")
        assert "show state [NAME]" in asked(ours, "what's")
        assert asked(ours, "").strip() == ""
        os.write(ours, b"exit\n")
        assert flow.wait(30) == 0
    finally:
        flow.kill()
        os.close(ours)


def test_records_are_produced_while_nothing_runs_and_worked_on_later(tmp_path: Path) -> None:
    folder = seed_folder(tmp_path)
    running(folder).send_signal(signal.SIGINT)
    time.sleep(1.0)
    assert said(folder, "produce", "user-info", given="a 123-45-6789\nb\n") == "Ok! 2 records\n"
    flow = running(folder)
    try:
        deadline, found = time.monotonic() + 20, ""
        while found.count("\n") < 2 and time.monotonic() < deadline:
            found = said(folder, "consume", "masked", "-Bd")
        assert found == "a ***-**-****\nb\n"
    finally:
        flow.send_signal(signal.SIGTERM)
        flow.wait(30)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("produce", "user-inf"), "sealbook: The flow has no topic user-inf. It has: user-info, masked.\n"),
        (
            ("show", "state", "x/metrics"),
            "sealbook: There is no state x/metrics. There are: dead-letters/metrics, "
            "mask-ssn-service/mask-ssn/metrics, mask-ssn-service/metrics.\n",
        ),
    ],
)
def test_what_is_not_there_is_told_with_what_is(tmp_path: Path, words: tuple[str, ...], says: str) -> None:
    assert said(seed_folder(tmp_path), *words, status=1) == says


def test_a_file_with_faults_does_not_run(tmp_path: Path) -> None:
    folder = seed_folder(tmp_path)
    (folder / "dataflow.yaml").write_text(SEED.replace("operator: map", "operator: mpa"))
    assert said(folder, "run", status=1).startswith(
        "sealbook: dataflow.yaml has 1 fault:\ndataflow.yaml:34:19: services.mask-ssn-service.transforms[0].operator:"
    )
    (folder / "dataflow.yaml").unlink()
    assert "There is no dataflow.yaml" in said(folder, "plan", status=1)


def test_functions_are_listed_with_a_sentence_each(tmp_path: Path) -> None:
    lines = said(tmp_path, "functions").splitlines()
    assert [line.split()[0] for line in lines] == sorted(line.split()[0] for line in lines)
    listed = {line.split()[0]: line for line in lines}
    assert {"mask-ssn", "redact", "hash", "fpe", "drop-field", "detect"} <= listed.keys()
    assert re.fullmatch(r"mask-ssn +map +Masks numbers of social security: .*\.", listed["mask-ssn"])
    assert "unrecognized arguments" in said(tmp_path, "functions", "all", status=2)


def test_a_flow_of_functions_of_the_house_hashes_with_the_key_of_its_folder(tmp_path: Path) -> None:
    folder = seed_folder(tmp_path)
    imports = SEED[SEED.index("imports:") : SEED.index("config:")]
    text = SEED[: SEED.index("# Development")].replace(imports, "").replace("uses: mask-ssn", "uses: hash")
    (folder / "dataflow.yaml").write_text(text)
    flow = running(folder)
    try:
        assert said(folder, "produce", "user-info", given="".join(f"{each}\n" for each in (TYPED[0], TYPED[0])))
        deadline, found = time.monotonic() + 20, ""
        while found.count("\n") < 2 and time.monotonic() < deadline:
            found = said(folder, "consume", "masked", "-Bd")
        one, other = found.splitlines()
        assert one == other
        assert re.fullmatch(r'\{"name":"alice","ssn":"\*[a-p]{32}\*"\}', one)
    finally:
        flow.send_signal(signal.SIGINT)
        flow.wait(30)
