"""The sdist builds on its own, and the wheel holds nothing but the package."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from house.check_dist import faults, sdist_faults, wheel_faults
from house.texts import ROOT

HOOK = "import sys; from setuptools import build_meta; print(build_meta.build_{}(sys.argv[1]))"
# Pythons that know the safe way to unpack ask for it.
SAFELY = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
LEFT_OUT = (
    ".git",
    ".venv",
    "build",
    "dist",
    "*.egg-info",
    "__pycache__",
    "*.so",
    ".*_cache",
    "*.pyd",
)


def made(kind: str, tree: Path, out: Path) -> Path:
    """Call a hook of the build backend, as `python -m build` does, in the tree."""
    out.mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-c", HOOK.format(kind), str(out)],
        cwd=tree,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return out / done.stdout.splitlines()[-1]


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the sdist of this tree, made in a copy that nothing was built in."""
    folder = tmp_path_factory.mktemp("sdist")
    shutil.copytree(ROOT, folder / "tree", ignore=shutil.ignore_patterns(*LEFT_OUT))
    return made("sdist", folder / "tree", folder / "dist")


def test_the_sdist_holds_what_builds_and_tests(sdist: Path):
    assert not faults(sdist)


def test_the_wheel_of_the_sdist_holds_only_the_package(sdist: Path, tmp_path: Path):
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, **SAFELY)
    [tree] = [p for p in tmp_path.iterdir() if p.is_dir()]
    assert not faults(made("wheel", tree, tmp_path / "dist"))


def test_the_check_sees_what_does_not_belong():
    assert "tests/conftest.py" in wheel_faults(["tests/conftest.py"])
    assert "segpy/x.c" in wheel_faults(["segpy/x.c"])
    assert "segpy/_core.so" in sdist_faults(["top/segpy/_core.so"])
    assert any("is missing" in fault for fault in sdist_faults([]))
