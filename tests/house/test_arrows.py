"""Arrows point down only, in C and in Python."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from house.texts import ROOT, SEGPY, c_texts, imported, includes, name_of, python_texts

# The rooms of csrc and the rooms each may use beside itself.
C_MAY_USE = {
    "base": set(),
    "lines": {"base"},
    "customer": {"base"},
    "cluster": {"base"},
    "decomposition": {"base"},
    "basket": {"base"},
    "bind": {"base", "lines", "customer", "cluster", "decomposition", "basket"},
}
# The parts of segpy and the parts each may use beside itself. The front door `segpy/__init__.py`
# names every room; only who stands outside comes through it: the command line, and `datasets`,
# which stands on nobody and makes baskets as anybody would.
FLOOR = {
    "_core",
    "_checks",
    "_frames",
    "_columns",
    "_labels",
    "_matrix",
    "_products",
    "_progress",
    "_writing",
}
PYTHON_MAY_USE = {
    "_core": set(),
    "_checks": {"_core"},
    "_progress": {"_checks"},
    "_writing": {"_checks"},
    "_frames": {"_core", "_checks"},
    "_columns": {"_checks", "_frames"},
    "_products": {"_frames"},
    "_matrix": {"_core", "_checks", "_frames"},
    "_labels": {"_checks", "_matrix"},
    "datasets": {"segpy"},
    "lines": FLOOR,
    "customer": FLOOR,
    "cluster": FLOOR,
    "decomposition": FLOOR,
    "basket": FLOOR,
    "compat": FLOOR | {"basket"},
    "plotting": FLOOR,
    "reporting": FLOOR | {"lines", "customer", "cluster", "decomposition", "basket", "plotting"},
    "cli": FLOOR
    | {"lines", "customer", "cluster", "decomposition", "basket", "plotting", "reporting"}
    | {"datasets", "segpy"},
    "__main__": {"cli"},
}
# A kernel prints nothing, waits for nobody and reads no clock: only base may hold threads.
KERNEL_HEADERS = {"<float.h>", "<limits.h>", "<math.h>", "<stddef.h>", "<stdint.h>", "<string.h>"}
BASE_HEADERS = {
    *KERNEL_HEADERS,
    "<arm_neon.h>",
    "<cpuid.h>",
    "<immintrin.h>",
    "<process.h>",
    "<pthread.h>",
    "<signal.h>",
    "<stdlib.h>",
    "<sys/mman.h>",
    "<time.h>",
    "<windows.h>",
}
IDS = pytest.mark.parametrize("path", c_texts(), ids=name_of)


def test_every_room_of_c_has_its_arrows():
    assert {p.parent.name for p in c_texts()} == set(C_MAY_USE)


@IDS
def test_includes_point_down(path: Path):
    homes = {p.name: p.parent.name for p in c_texts("h")}
    room = path.parent.name
    for included in includes(path):
        header = included.strip('<>"')
        if included.startswith('"'):
            assert header in homes, f"{name_of(path)} includes {header}, which no room holds"
            allowed = C_MAY_USE[room] | {room}
            assert homes[header] in allowed, (
                f"{name_of(path)} includes {header} of {homes[header]}; {room} may use {allowed}"
            )
            if room == "bind":
                assert not header.endswith("_isa.h"), f"{name_of(path)}: bind knows no levels"
        elif room != "bind":
            allowed = BASE_HEADERS if room == "base" else KERNEL_HEADERS
            assert included in allowed, f"{name_of(path)} includes {included}; {room} may {allowed}"


@IDS
def test_only_bind_knows_python(path: Path):
    python = [i for i in includes(path) if re.match(r"[<\"](Python\.h|structmember\.h|numpy/)", i)]
    assert not python or path.parent.name == "bind", f"{name_of(path)} includes {python}"


@pytest.mark.parametrize("path", [p for p in c_texts("c") if p.stem.endswith("_isa")], ids=name_of)
def test_a_levelled_file_shares_no_function(path: Path):
    # A shared function compiled here with AVX could be the one the linker picks for everyone:
    # what is included must define `static inline` only, as the headers of base and the own one do.
    room = {p.name for p in path.parent.glob("*.h")}
    for included in includes(path):
        header = included.strip('<>"')
        assert header not in room or header.endswith("_isa.h"), (
            f"{name_of(path)} includes {header}: only `*_isa.h` and base"
        )


def test_c_files_have_names_of_their_own():
    names = [p.name for p in c_texts()]
    assert len(names) == len(set(names)), sorted(n for n in names if names.count(n) > 1)
    wrong = [n for n in names if not re.fullmatch(r"(seg|py)_[a-z0-9_]+\.[ch]", n)]
    assert not wrong, wrong


def part_of(module: str) -> str:
    """Give the part of segpy that a module `segpy.x.y` belongs to."""
    return module.split(".")[1] if "." in module else "segpy"


@pytest.mark.parametrize("path", python_texts(), ids=name_of)
def test_imports_point_down(path: Path):
    own = path.relative_to(SEGPY).parts[0].removesuffix(".py")
    if own == "__init__":
        return  # the front door
    assert own in PYTHON_MAY_USE, f"{name_of(path)}: give the part {own!r} a place in this test"
    allowed = PYTHON_MAY_USE[own] | {own}
    for module, line in imported(path):
        if module.split(".")[0] == "segpy":
            assert part_of(module) in allowed, (
                f"{name_of(path)}:{line} imports {module}; {own} may use {sorted(allowed)}"
            )
        assert module.split(".")[0] not in {"tests", "ctypes", "cffi"}, f"{name_of(path)}:{line}"


@pytest.mark.parametrize("path", python_texts(), ids=name_of)
def test_heavy_libraries_stay_in_their_rooms(path: Path):
    homes = {
        "matplotlib": {"plotting", "reporting", "cli"},
        "jinja2": {"reporting"},
        "sklearn": {"_matrix", "customer", "cluster", "decomposition", "basket", "compat"},
    }
    own = path.relative_to(SEGPY).parts[0].removesuffix(".py")
    for module, line in imported(path):
        room = homes.get(module.split(".")[0])
        assert room is None or own in room, f"{name_of(path)}:{line} imports {module}"


def test_the_packages_export_nothing():
    for path in SEGPY.glob("*/__init__.py"):
        assert not list(imported(path)), f"{name_of(path)} imports; public names live in segpy"


def test_a_wrong_arrow_is_seen(tmp_path: Path):
    # The readers of this file find what they look for.
    text = tmp_path / "seg_x.c"
    text.write_text('#include "seg_a.h"\n#  include <Python.h>\n', "utf-8")
    assert includes(text) == ['"seg_a.h"', "<Python.h>"]
    assert {m for m, _ in imported(ROOT / "segpy/__main__.py")} == {"sys", "segpy.cli"}
