"""Locks a helper in: after `lock_down` the process can compute and use its one open connection, nothing else.

Layers: resource limits, user/network/IPC namespaces where the host allows them, and a seccomp filter that allows the
listed system calls and answers EPERM to every other. The filter is the wall; it needs neither root nor a library.
"""

from __future__ import annotations

import ctypes
import os
import resource

from . import frames

SIGKILL = 9  # the module `signal` costs 2 ms to import
PR_SET_PDEATHSIG, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, PR_SET_DUMPABLE = 1, 22, 38, 4
SECCOMP_MODE_FILTER = 2
RET_KILL_PROCESS, RET_ALLOW, RET_EPERM = 0x80000000, 0x7FFF0000, 0x00050000 | 1
LOAD_WORD, JUMP_EQUAL, JUMP_AT_LEAST, JUMP_ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
NUMBER, ARCHITECTURE, LOW_WORD_OF_THIRD_ARGUMENT = 0, 4, 32
"""Offsets in `struct seccomp_data` (linux/seccomp.h), little-endian machines."""
PROT_EXEC = 4
CLONE_NEWUSER, CLONE_NEWNET, CLONE_NEWIPC = 0x10000000, 0x40000000, 0x08000000

CPU_SECONDS = 3_600
"""CPU a helper may use in its life, seconds; it asks to be replaced long before (`engine.TIRED_AFTER`)."""


class Architecture:
    """The system calls an engine needs, by their numbers on one architecture."""

    def __init__(self, *, audit: int, allowed: tuple[int, ...], mapping: tuple[int, int], highest: int | None) -> None:
        self.audit = audit
        self.allowed = allowed
        self.mapping = mapping
        self.highest = highest


# In this order: read write close fstat poll/ppoll lseek munmap brk rt_sigaction rt_sigprocmask rt_sigreturn sched_yield
# mremap madvise nanosleep getpid sendto recvfrom exit gettimeofday getrusage sigaltstack gettid futex clock_gettime
# clock_nanosleep exit_group getrandom rseq; `mapping` is mmap and mprotect, allowed without PROT_EXEC.
ARCHITECTURES = {
    # arch/x86/entry/syscalls/syscall_64.tbl; calls from 0x40000000 on are the x32 ABI's second door to the same kernel
    "x86_64": Architecture(
        audit=0xC000003E,
        allowed=(
            *(0, 1, 3, 5, 7, 8, 11, 12, 13, 14, 15, 24, 25, 28, 35, 39, 44, 45, 60, 96, 98, 131, 186, 202),
            *(228, 230, 231, 318, 334),
        ),
        mapping=(9, 10),
        highest=0x40000000,
    ),
    # include/uapi/asm-generic/unistd.h
    "aarch64": Architecture(
        audit=0xC00000B7,
        allowed=(
            *(63, 64, 57, 80, 73, 62, 215, 214, 134, 135, 139, 124, 216, 233, 101, 172, 206, 207, 93, 169, 165, 132),
            *(178, 98, 113, 115, 94, 278, 293),
        ),
        mapping=(222, 226),
        highest=None,
    ),
}


class CannotLock(Exception):
    """A layer that must hold does not: the helper must not serve."""


def lock_down(*, parent: int, address_space: int) -> int:
    """Lock this process in and give the layers that hold, as bits of `frames`; CannotLock without the seccomp filter.

    `parent` is the process id this helper must not outlive, `address_space` the limit of its memory in bytes. The
    order matters: leaving the user namespace clears the death signal, and after the filter neither can be set.
    """
    if len(os.listdir("/proc/self/task")) != 1:  # noqa: PTH208  pathlib would cost a helper 5 ms to import
        raise CannotLock("seccomp binds one thread; there are more")
    libc = ctypes.CDLL(None, use_errno=True)
    layers = _leave_namespaces(libc)
    _die_with(parent, libc)
    _limit_resources(address_space)
    layers |= frames.RLIMITS
    if libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 or libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise CannotLock("privileges")
    _filter_system_calls(libc)
    return layers | frames.SECCOMP


def filter_program(architecture: Architecture) -> list[tuple[int, int, int, int]]:
    """Write the classic BPF program: wrong architecture kills, listed calls pass, all others answer EPERM."""
    code = [
        (LOAD_WORD, 0, 0, ARCHITECTURE),
        (JUMP_EQUAL, 1, 0, architecture.audit),
        (RETURN, 0, 0, RET_KILL_PROCESS),
        (LOAD_WORD, 0, 0, NUMBER),
    ]
    if architecture.highest is not None:
        code += [(JUMP_AT_LEAST, 0, 1, architecture.highest), (RETURN, 0, 0, RET_KILL_PROCESS)]
    for number in architecture.allowed:
        code += [(JUMP_EQUAL, 0, 1, number), (RETURN, 0, 0, RET_ALLOW)]
    first, second = architecture.mapping
    code += [
        (JUMP_EQUAL, 1, 0, first),
        (JUMP_EQUAL, 0, 3, second),
        (LOAD_WORD, 0, 0, LOW_WORD_OF_THIRD_ARGUMENT),
        (JUMP_ANY_BIT, 1, 0, PROT_EXEC),
        (RETURN, 0, 0, RET_ALLOW),
        (RETURN, 0, 0, RET_EPERM),
    ]
    return code


def _leave_namespaces(libc: ctypes.CDLL) -> int:
    wanted = CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWIPC
    return frames.NAMESPACES if libc.unshare(wanted) == 0 else 0


def _die_with(parent: int, libc: ctypes.CDLL) -> None:
    if libc.prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0:
        raise CannotLock("death signal")
    if os.getppid() != parent:  # it died before the signal was set
        raise CannotLock("orphan")


def _limit_resources(address_space: int) -> None:
    for name, limit in (
        (resource.RLIMIT_AS, address_space),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_NOFILE, 0),  # open descriptors keep working
    ):
        already = resource.getrlimit(name)[1]
        lower = limit if already == resource.RLIM_INFINITY else min(limit, already)
        resource.setrlimit(name, (lower, lower))


def _filter_system_calls(libc: ctypes.CDLL) -> None:
    architecture = ARCHITECTURES.get(os.uname().machine)
    if architecture is None or ctypes.sizeof(ctypes.c_void_p) != 8:
        raise CannotLock("no list of system calls for this architecture")

    class Instruction(ctypes.Structure):
        _fields_ = [("code", ctypes.c_ushort), ("yes", ctypes.c_ubyte), ("no", ctypes.c_ubyte), ("k", ctypes.c_uint)]

    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.POINTER(Instruction))]

    code = filter_program(architecture)
    rows = (Instruction * len(code))(*[Instruction(*row) for row in code])
    program = Program(len(code), rows)
    if libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0) != 0:
        raise CannotLock("seccomp")
