"""The C tests, each case a test here, and the fuzz targets on their stored inputs."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from c.build import Toolchain

ROOT = Path(__file__).resolve().parents[2]
TESTS = sorted((ROOT / "tests/c").glob("test_*.c"))
TARGETS = sorted((ROOT / "tests/fuzz").glob("fuzz_*.c"))
COMPILER = os.environ.get("CC") or next((c for c in ("gcc", "clang", "cc") if shutil.which(c)), "")

pytestmark = pytest.mark.skipif(
    os.name != "posix" or not COMPILER, reason="no C compiler here to build the C tests with"
)


def cases(path: Path) -> list[str]:
    """Give the cases a C test lists."""
    return re.findall(r"\bCASE\((\w+)\)", path.read_text("utf-8"))


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build every C test and fuzz target once; give the folder they are in."""
    chain = Toolchain(tmp_path_factory.mktemp("c"), COMPILER, platform.machine())
    chain.build(TESTS, [], [])
    chain.build(TARGETS, [], [ROOT / "tests/fuzz/standalone.c"])
    return chain.out


@pytest.mark.parametrize(("name", "case"), [(p.stem, case) for p in TESTS for case in cases(p)])
def test_c(built: Path, name: str, case: str):
    done = subprocess.run(
        [built / name, case], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{name}.c::{case} PASSED" in done.stdout


@pytest.mark.parametrize("name", [p.stem for p in TARGETS])
def test_stored_inputs_of_the_fuzzer(built: Path, tmp_path: Path, name: str):
    corpus = ROOT / "tests/fuzz/corpus" / name.removeprefix("fuzz_")
    stored = sorted(corpus.iterdir())
    assert stored, f"{corpus} is empty"
    done = subprocess.run(
        [built / name, f"-artifact_prefix={tmp_path}/", "-seed=1", corpus],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    executed = re.search(r"number_of_executed_units: (\d+)", done.stderr)
    assert executed is not None
    assert int(executed[1]) > len(stored)


def test_a_failing_check_is_seen(tmp_path: Path):
    (tmp_path / "test_wrong.c").write_text(
        '#include "seg_test.h"\n'
        "static void wrong(void) { CHECK(1 == 2); }\n"
        "static void right(void) { CHECK_INT(2, 2); }\n"
        "SEG_CASES(CASE(wrong), CASE(right))\n",
        "utf-8",
    )
    chain = Toolchain(tmp_path / "out", COMPILER, platform.machine())
    [program] = chain.build([tmp_path / "test_wrong.c"], [], [])
    done = subprocess.run([program], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "test_wrong.c::wrong FAILED" in done.stdout
    assert "test_wrong.c::right PASSED" in done.stdout
    assert subprocess.run([program, "absent"], capture_output=True, check=False).returncode == 2
