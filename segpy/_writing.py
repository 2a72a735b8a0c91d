"""Writing a file whole or not at all: a failed write leaves what was there before."""

from __future__ import annotations

import errno
import os
import secrets
from pathlib import Path

from segpy import _checks

_ADVICE = {
    errno.EACCES: "Choose a folder you may write to.",
    errno.EPERM: "Choose a folder you may write to.",
    errno.EROFS: "Choose a folder you may write to.",
    errno.ENOSPC: "Free some space or choose another disk; nothing was left behind.",
    errno.EDQUOT: "Free some space or choose another disk; nothing was left behind.",
    errno.EFBIG: "The file size limit of this process is too low; nothing was left behind.",
}


def target(who: str, path: str | os.PathLike[str]) -> Path:
    """Check before the work starts that a file can stand at `path`; links are followed.

    Raises
    ------
    TypeError
        `path` is no path.
    OSError
        `path` is a folder or a device, or its folder is missing or may not be written to.
    """
    if not isinstance(path, str | os.PathLike) or isinstance(path, bytes):
        raise _checks.type_error(who, "'path'", "a file name", path)
    place = Path(os.path.realpath(path))
    allowed = "a file in a folder that may be written to"
    if place.is_dir():
        raise IsADirectoryError(
            _checks.sentence(who, "'path'", allowed, f"the folder {_name(path)}", "Add a name.")
        )
    if place.exists() and not place.is_file():
        raise OSError(_checks.sentence(who, "'path'", allowed, f"the device {_name(path)}"))
    if not place.parent.is_dir():
        raise FileNotFoundError(
            _checks.sentence(
                who, "'path'", allowed, f"{_name(path)}, whose folder is missing", "Make it first."
            )
        )
    if not os.access(place.parent, os.W_OK | os.X_OK):
        raise _failed(who, path, PermissionError(errno.EACCES, os.strerror(errno.EACCES)))
    return place


def write_whole(who: str, path: Path, content: str | bytes) -> None:
    """Write `content` beside `path` under a passing name, then put it in place in one step.

    Text is written as UTF-8. A reader sees the old file or the new one, never a half; when the
    disk fills up the passing file is removed and the old one stays.

    Raises
    ------
    OSError
        The same kind the system raised, with the house's sentence.
    """
    passing = path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}.part")
    try:
        try:
            with open(passing, "xb") as file:
                file.write(content.encode("utf-8") if isinstance(content, str) else content)
                file.flush()
                # A disk that puts allocation off says only here that it is full.
                os.fsync(file.fileno())
            os.replace(passing, path)
        except BaseException:
            passing.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise _failed(who, path, error) from error


def read_whole(who: str, path: str | os.PathLike[str]) -> bytes:
    """Read a file that one of our own functions wrote.

    Raises
    ------
    OSError
        The same kind the system raised, with the house's sentence.
    """
    try:
        return Path(path).read_bytes()
    except OSError as error:
        told = type(error)(
            _checks.sentence(
                who, "'path'", "a file to read", f"{_name(path)} ({error.strerror or error})"
            )
        )
        told.errno = error.errno
        raise told from error


def _failed(who: str, path: str | os.PathLike[str], error: OSError) -> OSError:
    """Say in the house's form what the system said, keeping the kind and number of the error."""
    reason = error.strerror or str(error)
    told = type(error)(
        _checks.sentence(
            who,
            "'path'",
            "a file in a folder that may be written to",
            f"{_name(path)} ({reason})",
            _ADVICE.get(error.errno or 0, ""),
        ).strip()
    )
    told.errno = error.errno
    return told


def _name(path: str | os.PathLike[str]) -> str:
    return repr(os.fspath(path))
