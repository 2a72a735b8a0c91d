"""The file of an `RFMState`.

Layout, version 1, little-endian:

    8 bytes   b"SEGPYRFM"
    4 bytes   version (uint32)
    4 bytes   length of the header in bytes (uint32)
    header    JSON: unit, latest, anonymous, customers, orders (kind and dtype of the ids), sections
    sections  the arrays named in the header, one after the other: [name, dtype, count]
    32 bytes  SHA-256 of all that stands before

Ids are an int64 section, or texts as a section of lengths and one of UTF-8 bytes. The sections
first, last, money, owner and shared are those of the C state's dump (csrc/customer/seg_rfm.h);
money is the sum of a customer in two words, in units of 2^-52. Dates are nanoseconds since 1970.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segpy import _checks, _core, _frames, _writing
from segpy.customer.rfmpart import Part

MAGIC, VERSION = b"SEGPYRFM", 1
_SAVE = "RFMState.save"
_HEAD = struct.Struct("<8sII")
_DUMP = ("first", "last", "money", "owner", "shared")
_Arrays = dict[str, NDArray[Any]]


def save(part: Part | None, path: str | os.PathLike[str]) -> None:
    """Write a part (None: nothing added yet) beside the path, then put it in its place."""
    data = to_bytes(part if part is not None else _nothing())
    _writing.write_whole(_SAVE, _writing.target(_SAVE, path), data)


def load(path: str | os.PathLike[str]) -> Part | None:
    """Read a part back; None if the file holds no ids and no lines."""
    who = "RFMState.load"
    part = from_bytes(_writing.read_whole(who, path), f"{who}: {Path(path).name!r}")
    return part if part.size or part.anonymous else None


def _nothing() -> Part:
    return Part.empty(pd.Index([], dtype=np.int64), pd.Index([], dtype=np.int64))


def to_bytes(part: Part) -> bytes:
    """Lay a part out as the file holds it."""
    arrays: _Arrays = dict(zip(_DUMP, part.state.dump(), strict=True))
    kinds = {
        "customers": _pack_ids("customers", part.customers, arrays),
        "orders": _pack_ids("orders", part.orders, arrays),
    }
    packed = {name: a.astype(a.dtype.newbyteorder("<")) for name, a in arrays.items()}
    header = {
        "unit": part.unit,
        "latest": part.latest,
        "anonymous": part.anonymous,
        **kinds,
        "sections": [[name, a.dtype.str, len(a)] for name, a in packed.items()],
    }
    text = json.dumps(header, sort_keys=True).encode()
    head = _HEAD.pack(MAGIC, VERSION, len(text)) + text
    body = head + b"".join(a.tobytes() for a in packed.values())
    return body + hashlib.sha256(body).digest()


def _pack_ids(name: str, ids: pd.Index[Any], arrays: _Arrays) -> dict[str, str]:
    if ids.dtype == np.int64:
        arrays[name] = ids.to_numpy()
        return {"kind": "int"}
    if ids.dtype.kind == "M":
        arrays[name] = ids.to_numpy().astype("M8[ns]").view(np.int64)
        return {"kind": "date"}
    texts = [str(i).encode() for i in ids]
    arrays[f"{name}_lengths"] = np.array([len(t) for t in texts], np.int64)
    arrays[f"{name}_bytes"] = np.frombuffer(b"".join(texts), np.uint8)
    return {"kind": "text", "dtype": str(ids.dtype)}


def _unpack_ids(name: str, how: dict[str, str], arrays: _Arrays) -> pd.Index[Any]:
    ids: pd.Index[Any]
    if how["kind"] == "int":
        ids = pd.Index(arrays.pop(name))
    elif how["kind"] == "date":
        ids = pd.Index(arrays.pop(name).view("M8[ns]"))
    else:
        lengths = arrays.pop(f"{name}_lengths")
        data, ends = arrays.pop(f"{name}_bytes").tobytes(), np.cumsum(lengths)
        if (lengths < 0).any() or int(lengths.sum()) != len(data):
            raise ValueError(f"the texts of {name} are cut")
        texts = [data[e - n : e].decode() for n, e in zip(lengths, ends, strict=True)]
        ids = _texts(texts, how["dtype"])
    if not ids.is_unique:
        raise ValueError(f"{name} has an id twice")
    return ids


def _texts(texts: list[str], dtype: Any) -> pd.Index[Any]:
    """Give texts in the dtype they had, or in pandas' own where that needs what is not there."""
    values = np.array(texts, dtype=object)
    ids: pd.Index[Any]
    try:
        ids = pd.Index(values, dtype=dtype)
    except (ImportError, TypeError):
        ids = pd.Index(values, dtype="str")
    return ids


def from_bytes(data: bytes, who: str) -> Part:
    """Read a part out of a file's bytes, or say what is wrong with them."""
    if len(data) < _HEAD.size or data[: len(MAGIC)] != MAGIC:
        raise _wrong(who, "one that RFMState.save wrote", "a file of another kind")
    _, version, length = _HEAD.unpack_from(data)
    if version != VERSION:
        raise _wrong(who, f"of version {VERSION}", f"version {version}", "Update segpy.")
    body, digest = data[:-32], data[-32:]
    if hashlib.sha256(body).digest() != digest:
        raise _wrong(who, "whole", "a damaged one (its checksum differs)", "Save it anew.")
    try:
        return _from_body(body, length)
    except (KeyError, ValueError, TypeError, UnicodeDecodeError) as error:
        raise _wrong(
            who, "whole", f"one whose parts do not fit ({error})", "Save it anew."
        ) from error


def _wrong(who: str, allowed: str, got: str, advice: str = "") -> ValueError:
    return _checks.value_error(who, "the file", allowed, got, advice)


def _from_body(body: bytes, length: int) -> Part:
    at = _HEAD.size + length
    header = json.loads(body[_HEAD.size : at])
    arrays: _Arrays = {}
    for name, dtype, count in header["sections"]:
        stored = np.frombuffer(body, dtype, count, at)
        arrays[name] = np.array(stored, stored.dtype.newbyteorder("="))
        at += stored.nbytes
    if at != len(body):
        raise ValueError("there are bytes that no section names")
    customers = _unpack_ids("customers", header["customers"], arrays)
    orders = _unpack_ids("orders", header["orders"], arrays)
    if not customers.is_monotonic_increasing:
        raise ValueError("customers do not ascend")
    state = _core.RFMState(len(customers), len(orders))
    state.fill(*(arrays.pop(name) for name in _DUMP))
    unit, latest, anonymous = header["unit"], int(header["latest"]), int(header["anonymous"])
    if arrays or unit not in _frames.UNITS or anonymous < 0:
        raise ValueError(f"unit {unit!r}, {anonymous} anonymous lines, left over: {list(arrays)}")
    if len(customers) and latest < int(state.read()[1].max()):
        raise ValueError("the last line is before the last order")
    return Part(customers, orders, state, unit, latest, anonymous)
