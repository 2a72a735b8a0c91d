"""The file of a saved scorer: readable JSON, versioned, refused when damaged or foreign."""

from __future__ import annotations

import hashlib
import json
from os import PathLike
from typing import Any

import numpy as np

from segpy import _checks, _writing

_FORMAT = "segpy.RFMScorer"
_VERSION = 1
_SAVE = "RFMScorer.save"
_KEYS = {"n_bins", "breaks", "strategy", "n_bins_", "n_customers_", "breaks_", "ties_"}


def write(path: str | PathLike[str], content: dict[str, Any]) -> None:
    """Write the content beside the target, then put it in its place in one step."""
    plain = json.loads(json.dumps(content, default=_plain, allow_nan=False))
    whole = {"format": _FORMAT, "version": _VERSION, **plain, "checksum": _checksum(plain)}
    text = json.dumps(whole, indent=2) + "\n"
    _writing.write_whole(_SAVE, _writing.target(_SAVE, path), text)


def read(who: str, path: str | PathLike[str]) -> dict[str, Any]:
    """Read the content of a file that `write` made, or say what is wrong with it."""
    name = str(path)
    try:
        whole = json.loads(_writing.read_whole(who, path))
    except (ValueError, RecursionError) as error:  # bytes, syntax, endless digits or brackets
        raise _refusal(who, name, f"no readable JSON ({error})") from None
    if not isinstance(whole, dict) or whole.get("format") != _FORMAT:
        raise _refusal(who, name, "another kind of file")
    version = whole.get("version")
    if version != _VERSION:
        raise _checks.value_error(
            who,
            f"the version of {name!r}",
            str(_VERSION),
            _checks.shown(version),
            "A later segpy wrote it; update segpy, or fit and save again.",
        )
    content = {key: value for key, value in whole.items() if key in _KEYS}
    if set(content) != _KEYS or whole.get("checksum") != _checksum(content):
        raise _refusal(who, name, "a damaged one (the checksum does not fit)")
    return content


def _refusal(who: str, name: str, got: str) -> ValueError:
    return _checks.value_error(
        who,
        f"the file {name!r}",
        "one that RFMScorer.save wrote",
        got,
        "Fit and save again; own cut points go in with RFMScorer(breaks=...).",
    )


def _checksum(content: dict[str, Any]) -> str:
    """Give 16 hex digits that change with any value of the content, not with its layout."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _plain(value: Any) -> Any:
    """Turn NumPy numbers and arrays, as options may hold them, into what JSON knows."""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} has no place in a scorer's file")
