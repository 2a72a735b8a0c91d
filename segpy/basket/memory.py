"""How much memory an answer may take."""

from __future__ import annotations

import os
from pathlib import Path

_UNKNOWN = 2**62


def half_of_free() -> int:
    """Give half the bytes that this process may still take, a large number where nobody says."""
    return min(_machine(), _address_space()) // 2


def _machine() -> int:
    """Bytes the machine can hand out without writing to disk."""
    try:
        for line in Path("/proc/meminfo").read_text("ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        pass
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return _UNKNOWN


def _address_space() -> int:
    """Bytes that a limit set on this process leaves."""
    try:
        import resource

        limit = resource.getrlimit(resource.RLIMIT_AS)[0]
        if limit == resource.RLIM_INFINITY:
            return _UNKNOWN
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
        return max(0, limit - pages * resource.getpagesize())
    except (ImportError, OSError, ValueError):
        return _UNKNOWN
