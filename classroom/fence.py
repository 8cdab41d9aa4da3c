"""Limits that a process puts on itself before it runs somebody's code.

`set_limits` uses what every Unix has. `fence_in` uses Landlock, which Linux has since
5.13 and which needs no rights: the process and its children can write to one folder
only, read only what is named, and (since 6.7) open no TCP connection. Neither can be
taken back. This stops accidents and simple mischief; it is no prison.
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import struct
from collections.abc import Iterable
from pathlib import Path

MIB = 2**20
SYSTEM = ["/bin", "/etc", "/lib", "/lib64", "/proc", "/sys", "/usr"]
# What Python, BLAS and TensorFlow write to outside of their folders.
DEVICES = ["/dev/null", "/dev/shm", "/dev/urandom", "/dev/zero"]

# linux/landlock.h. The kernel refuses rights that are newer than itself.
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1, 2, 4, 8
RIGHTS_OF_ABI = {1: 2**13 - 1, 2: 2**14 - 1, 3: 2**15 - 1}
OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | 2**14
NEW_RULESET, ADD_RULE, RESTRICT_SELF, NO_NEW_PRIVS = 444, 445, 446, 38
CAPABILITIES_3 = 0x20080522


def set_limits(memory_mib: int, cpu_seconds: int, file_mib: int) -> None:
    """Limit memory, processor time and the size of files, here and in children.

    Memory is what a process may write to (RLIMIT_DATA): TensorFlow reserves far more
    addresses than it uses, so that a limit on those would have to be useless.
    """
    limits = {
        resource.RLIMIT_DATA: memory_mib * MIB,
        resource.RLIMIT_CPU: cpu_seconds,
        resource.RLIMIT_FSIZE: file_mib * MIB,
        resource.RLIMIT_CORE: 0,
    }
    for kind, value in limits.items():
        hard = resource.getrlimit(kind)[1]
        if hard != resource.RLIM_INFINITY:
            value = min(value, hard)
        resource.setrlimit(kind, (value, value))


def landlock_version() -> int:
    """Ask the kernel for its version of Landlock; 0 if there is none."""
    if platform.system() != "Linux":
        return 0
    return max(0, _system_call(NEW_RULESET, None, 0, 1))


def fence_in(folder: Path, readable: Iterable[Path]) -> int:
    """Let this process and its children write below `folder` only.

    Parameters
    ----------
    folder : Path
        Where everything is allowed.
    readable : paths
        What may be read besides the system's own folders.

    Returns
    -------
    int
        The version of Landlock; 0 says that nothing was fenced in.
    """
    version = landlock_version()
    if not version:
        return 0
    rights = RIGHTS_OF_ABI[min(version, 3)]
    no_tcp = 3 if version >= 4 else 0
    no_signals_out = 2 if version >= 6 else 0
    attributes = struct.pack("QQQ", rights, no_tcp, no_signals_out)
    size = 8 if version < 4 else 16 if version < 6 else 24
    ruleset = _checked(NEW_RULESET, attributes[:size], size, 0)
    reading = EXECUTE | READ_FILE | READ_DIR
    for path in [*SYSTEM, *readable]:
        _allow(ruleset, path, reading)
    for path in [*DEVICES, folder]:
        _allow(ruleset, path, rights)
    libc = ctypes.CDLL(None)
    libc.prctl(NO_NEW_PRIVS, 1, 0, 0, 0)
    # Of root's rights none: it could read the environment of other processes.
    libc.capset(struct.pack("Ii", CAPABILITIES_3, 0), bytes(24))
    _checked(RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)
    return version


def _allow(ruleset: int, path: str | Path, rights: int) -> None:
    if not os.path.exists(path):
        return
    if not os.path.isdir(path):
        rights &= OF_FILES
    descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    _checked(ADD_RULE, ruleset, 1, struct.pack("=Qi", rights, descriptor), 0)
    os.close(descriptor)


def _checked(*call: object) -> int:
    result = _system_call(*call)
    if result < 0:
        raise OSError(f"Landlock refused the call {call[0]}.")
    return result


def _system_call(*call: object) -> int:
    return ctypes.CDLL(None, use_errno=True).syscall(
        *(ctypes.c_long(part) if isinstance(part, int) else part for part in call)
    )
