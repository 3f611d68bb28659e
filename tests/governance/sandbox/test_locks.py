"""What is left to somebody who broke out of the engine: Python code inside a locked helper."""

from __future__ import annotations

import errno
import json
import os
import platform
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from governance.policies.sandbox.helper import frames, locks

PROBES = """
import ctypes, errno, json, os, sys, _socket, _thread, mmap
sys.path.append(sys.argv[1])
import helper.locks as locks
if int(sys.argv[3]):
    os.setgid(int(sys.argv[3])); os.setuid(int(sys.argv[3]))
layers = locks.lock_down(parent=int(sys.argv[2]), address_space=256 * 1024 * 1024)
libc = ctypes.CDLL(None, use_errno=True)

def call(name, *given):
    if getattr(libc, name)(*given) < 0:
        raise OSError(ctypes.get_errno(), name)

def thread():
    try:
        _thread.start_new_thread(print, ())
    except RuntimeError:
        raise OSError(errno.EPERM, "thread")

PARENT = int(sys.argv[2])
DOORS = {
    "open for reading": lambda: os.open("/etc/passwd", os.O_RDONLY),
    "open for writing": lambda: os.open("/tmp/left-by-a-script", os.O_WRONLY | os.O_CREAT),
    "the parent's environment": lambda: os.open(f"/proc/{PARENT}/environ", os.O_RDONLY),
    "own memory file": lambda: os.open("/proc/self/mem", os.O_RDWR),
    "list a directory": lambda: os.listdir("/"),
    "stat": lambda: os.stat("/etc/passwd"),
    "unlink": lambda: os.unlink("/nowhere"),
    "rename": lambda: os.rename("/nowhere", "/elsewhere"),
    "internet socket": lambda: _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM),
    "unix socket": lambda: _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM),
    "socket pair": lambda: _socket.socketpair(),
    "fork": os.fork,
    "thread": thread,
    "exec": lambda: os.execv("/bin/true", ["true"]),
    "kill the parent": lambda: os.kill(PARENT, 9),
    "signal itself": lambda: os.kill(os.getpid(), 0),
    "duplicate a descriptor": lambda: os.dup(0),
    "pipe": os.pipe,
    "change directory": lambda: os.chdir("/"),
    "change root": lambda: os.chroot("/"),
    "become root": lambda: call("setuid", 0),
    "raise a limit": lambda: call("setrlimit", 7, (ctypes.c_ulong * 2)(9, 9)),
    "ptrace": lambda: call("ptrace", 16, PARENT, 0, 0),
    "read the parent's memory": lambda: call("process_vm_readv", PARENT, 0, 0, 0, 0, 0),
    "namespaces": lambda: call("unshare", 0x10000000),
    "undo the death signal": lambda: call("prctl", 1, 0, 0, 0, 0),
    "mount": lambda: call("mount", b"x", b"/", b"tmpfs", 0, 0),
    "executable memory": lambda: mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC),
    "make memory executable": lambda: call("mprotect", ctypes.c_void_p(PAGE), 4096, 5),
    "device control": lambda: call("ioctl", 0, 0x5401, 0),
}
page = mmap.mmap(-1, 4096)
PAGE = ctypes.addressof(ctypes.c_char.from_buffer(page))
answers = {}
for door, knock in DOORS.items():
    try:
        knock()
        answers[door] = "open"
    except OSError as refused:
        answers[door] = errno.errorcode[refused.errno]
answers["layers"] = layers
answers["environment"] = sorted(os.environ)
answers["work"] = sum(json.loads(json.dumps([len(bytes(1_000_000)), 1])))
os.write(0, json.dumps(answers).encode())
"""
"""A door whose answer is EPERM stayed shut."""

SANDBOX = Path(locks.__file__).parent.parent
IDENTITIES = [0, 65534] if os.getuid() == 0 else [0]


def knocked(uid: int) -> dict[str, Any]:
    ours, theirs = socket.socketpair()
    given = [str(SANDBOX), str(os.getpid()), str(uid)]
    with ours, theirs:
        subprocess.run(
            [sys.executable, "-I", "-S", "-c", PROBES, *given],
            check=True,
            stdin=theirs.fileno(),
            env={},
            cwd="/",
            timeout=30,
        )
        theirs.close()
        return dict(json.loads(ours.recv(65_536)))


@pytest.mark.parametrize("uid", IDENTITIES, ids=["as it runs", "as nobody"][: len(IDENTITIES)])
def test_every_door_is_shut_to_code_that_left_the_engine(uid: int) -> None:
    answers = knocked(uid)
    layers = answers.pop("layers")
    assert answers.pop("environment") == ["LC_CTYPE"]
    assert answers.pop("work") == 1_000_001
    assert set(answers.values()) == {"EPERM"}, {door: code for door, code in answers.items() if code != "EPERM"}
    assert layers & (frames.SECCOMP | frames.RLIMITS) == frames.SECCOMP | frames.RLIMITS


def verdict(architecture: locks.Architecture, *, audit: int, number: int, third: int = 0) -> int:
    """Run the filter as the kernel does."""
    data = {locks.NUMBER: number, locks.ARCHITECTURE: audit, locks.LOW_WORD_OF_THIRD_ARGUMENT: third}
    code, at, word = locks.filter_program(architecture), 0, 0
    while True:
        operation, yes, no, k = code[at]
        at += 1
        if operation == locks.RETURN:
            return k
        if operation == locks.LOAD_WORD:
            word = data[k]
        else:
            holds = {
                locks.JUMP_EQUAL: word == k,
                locks.JUMP_AT_LEAST: word >= k,
                locks.JUMP_ANY_BIT: bool(word & k),
            }[operation]
            at += yes if holds else no


@pytest.mark.parametrize("name", locks.ARCHITECTURES)
def test_the_filter_allows_the_list_and_nothing_else(name: str) -> None:
    architecture = locks.ARCHITECTURES[name]
    for number in range(600):
        expected = locks.RET_ALLOW if number in (*architecture.allowed, *architecture.mapping) else locks.RET_EPERM
        assert verdict(architecture, audit=architecture.audit, number=number) == expected
    for number in architecture.mapping:
        assert verdict(architecture, audit=architecture.audit, number=number, third=3) == locks.RET_ALLOW
        assert verdict(architecture, audit=architecture.audit, number=number, third=7) == locks.RET_EPERM


def test_the_filter_kills_calls_through_another_architecture() -> None:
    for name, architecture in locks.ARCHITECTURES.items():
        others = [other.audit for label, other in locks.ARCHITECTURES.items() if label != name] + [0x40000003]
        for audit in others:
            assert verdict(architecture, audit=audit, number=0) == locks.RET_KILL_PROCESS
    x86 = locks.ARCHITECTURES["x86_64"]
    assert verdict(x86, audit=x86.audit, number=0x40000000 + 1) == locks.RET_KILL_PROCESS


@pytest.mark.parametrize(
    ("name", "shut"),
    [  # open* socket connect clone* fork exec* kill ptrace prctl ioctl io_uring memfd bpf
        ("x86_64", (2, 16, 41, 42, 53, 56, 57, 58, 59, 62, 101, 157, 257, 319, 321, 322, 425, 435, 437)),
        ("aarch64", (29, 56, 117, 129, 167, 198, 199, 203, 220, 221, 279, 280, 281, 425, 435, 437)),
    ],
)
def test_no_list_opens_a_way_out(name: str, shut: tuple[int, ...]) -> None:
    architecture = locks.ARCHITECTURES[name]
    assert not set(shut) & {*architecture.allowed, *architecture.mapping}


def test_both_lists_name_the_same_calls() -> None:
    lengths = {len(architecture.allowed) for architecture in locks.ARCHITECTURES.values()}
    assert len(lengths) == 1


def test_an_architecture_without_a_list_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "ARCHITECTURES", {})
    with pytest.raises(locks.CannotLock):
        locks._filter_system_calls(None)  # type: ignore[arg-type]  # wrong on purpose


def test_this_machine_is_one_of_those_that_have_a_list() -> None:
    assert platform.machine() in locks.ARCHITECTURES
    assert errno.EPERM == locks.RET_EPERM & 0xFFFF
