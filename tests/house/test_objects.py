"""What the compiled kernels call, keep and show, read from the objects themselves."""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from c.build import Toolchain
from house.texts import c_texts, functions

# Compilers turn loops into these, and kernels may call them.
MEMORY = {"memcpy", "memmove", "memset", "memcmp", "strlen"}
COMPILER = {
    "_GLOBAL_OFFSET_TABLE_",
    "__popcountdi2",
    "__stack_chk_fail",
    "__memcpy_chk",
    "__memset_chk",
    "__bzero",
}
# The two files of base that may ask the system for something.
SYSTEM = {
    "seg_arena": {"malloc", "calloc", "free", "madvise"},
    "seg_team": {
        *(f"pthread_{n}" for n in ("create", "join", "self", "sigmask")),
        *(f"pthread_mutex_{n}" for n in ("init", "destroy", "lock", "unlock")),
        *(f"pthread_cond_{n}" for n in ("init", "destroy", "signal", "broadcast", "timedwait")),
        *(f"pthread_condattr_{n}" for n in ("init", "destroy", "setclock")),
        *(f"pthread_attr_{n}" for n in ("init", "destroy", "setstacksize")),
        "clock_gettime",
        "sigfillset",
    },
}
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="reads ELF objects with binutils")


@pytest.fixture(scope="module")
def objects(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Give the objects of csrc without bind, every level, as the extension compiles them."""
    if shutil.which("gcc") is None or shutil.which("nm") is None:
        pytest.skip("no gcc and binutils here to compile the kernels with")
    chain = Toolchain(tmp_path_factory.mktemp("objects"), "gcc", platform.machine())
    return [chain.compile(source, arguments) for source, arguments in chain.library([])]


def symbols(path: Path, *options: str) -> list[tuple[str, str]]:
    """Give (kind, name) of a file's symbols."""
    listed = subprocess.run(["nm", *options, str(path)], capture_output=True, text=True, check=True)
    return re.findall(r"^[0-9a-f ]{16,17} ?([A-Za-z]) (\S+)$", listed.stdout, re.M)


@LINUX
def test_kernels_call_nobody_else(objects):
    for path in objects:
        allowed = MEMORY | COMPILER | SYSTEM.get(path.stem.rsplit("-", 1)[0], set())
        called = {name for _, name in symbols(path, "--undefined-only")}
        wrong = {name for name in called - allowed if not name.startswith("seg_")}
        assert not wrong, f"{path.stem} calls {sorted(wrong)}"


@LINUX
def test_kernels_show_only_names_of_the_house(objects):
    for path in objects:
        shown = {name for _, name in symbols(path, "--defined-only", "--extern-only")}
        wrong = {name for name in shown if not name.startswith("seg_")}
        assert not wrong, f"{path.stem} shows {sorted(wrong)}"
        if path.stem.rsplit("-", 1)[0].endswith("_isa"):
            odd = [name for name in shown if not re.fullmatch(r"seg_\w+_ops_(base|v3|v4)", name)]
            assert not odd, f"{path.stem} shows {odd}: only its table of functions is for others"


@LINUX
def test_kernels_keep_nothing_that_changes(objects):
    for path in objects:
        listed = subprocess.run(
            ["readelf", "--sections", "--wide", str(path)],
            capture_output=True,
            text=True,
            check=True,
        )
        sizes = dict(
            re.findall(r"\] (\.\S+)\s+\w+\s+[0-9a-f]+ [0-9a-f]+ ([0-9a-f]+)", listed.stdout)
        )
        changing = {
            name
            for name, size in sizes.items()
            if re.match(r"\.(data|bss|tdata|tbss)(?!\.rel\.ro)", name) and int(size, 16)
        }
        assert not changing, f"{path.stem} holds {changing}"


@LINUX
def test_each_level_keeps_to_its_registers(objects):
    if platform.machine() != "x86_64":
        pytest.skip("levels with registers of their own exist on x86-64 only")
    core = Path(import_module("segpy._core").__file__)
    listed = subprocess.run(
        ["objdump", "-d", "--no-show-raw-insn", str(core)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    hot = {
        n for p in c_texts("c") if p.stem.endswith("_isa") for n, _, _ in functions(p.read_text())
    }
    cool = {
        n
        for p in c_texts("c")
        if not p.stem.endswith("_isa")
        for n, _, _ in functions(p.read_text())
    }
    seen = 0
    for name, code in re.findall(r"^[0-9a-f]+ <([\w.]+)>:\n(.*?)(?=\n\n|\Z)", listed, re.M | re.S):
        if name.split(".")[0] in cool - hot:
            seen += 1
            assert not re.search(r"%[yz]mm", code), f"{name} is not of a level but uses AVX"
    assert seen > 20, "the reader of machine code found hardly a function"
    for path in objects:
        code = subprocess.run(
            ["objdump", "-d", str(path)], capture_output=True, text=True, check=True
        )
        levels = re.findall(r"_ops_(base|v3|v4)", " ".join(n for _, n in symbols(path)))
        if "v4" not in levels:
            assert "%zmm" not in code.stdout, f"{path.stem} uses AVX-512"
        if "v4" not in levels and "v3" not in levels:
            assert "%ymm" not in code.stdout, f"{path.stem} uses AVX"


@LINUX
def test_the_extension_shows_only_its_init():
    core = Path(import_module("segpy._core").__file__)
    shown = [name for _, name in symbols(core, "--dynamic", "--defined-only")]
    assert [n for n in shown if n not in {"_init", "_fini", "__bss_start", "_edata", "_end"}] == [
        "PyInit__core"
    ]
