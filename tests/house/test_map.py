"""The map in CONTRIBUTING.md names every folder, and public names do not hide modules."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from importlib import import_module
from types import ModuleType

import segpy
from house.texts import ROOT, SEGPY, folders


def mapped() -> list[str]:
    """Give the folders of the map: lines of code blocks that start with a path ending in "/"."""
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    blocks = re.findall(r"^```[^\n]*\n(.*?)^```", text, re.M | re.S)
    blocks += re.findall(r"(?:^(?: {4}|\t)[^\n]*\n)+", text, re.M)
    return re.findall(r"^\s*([\w.*-]+(?:/[\w.*-]+)*/)(?=\s|$)", "\n".join(blocks), re.M)


def test_the_map_names_every_folder():
    named = mapped()
    missing = [f for f in folders() if not any(fnmatchcase(f, pattern) for pattern in named)]
    assert not missing, f"the map in CONTRIBUTING.md does not name {missing}"


def test_the_map_names_no_folder_that_is_gone():
    there = folders()
    parents = {f[: i + 1] for f in there for i, c in enumerate(f) if c == "/"}
    gone = [p for p in mapped() if not any(fnmatchcase(f, p) for f in parents)]
    assert not gone, f"the map in CONTRIBUTING.md names {gone}, which hold nothing"


def test_no_public_name_hides_a_module():
    modules = {p.stem for p in SEGPY.glob("*.py")} | {p.name for p in SEGPY.iterdir() if p.is_dir()}
    for name in sorted(modules & set(segpy.__all__)):
        # `segpy.datasets` is the module itself: nothing is hidden.
        value = getattr(segpy, name)
        assert isinstance(value, ModuleType), f"segpy.{name} hides the module segpy/{name}"
        assert value is import_module(f"segpy.{name}")


def test_python_rooms_mirror_c_rooms():
    faces = {p.name for p in SEGPY.iterdir() if (p / "__init__.py").exists()}
    rooms = {p.name for p in (ROOT / "csrc").iterdir()} - {"base", "bind"}
    assert rooms <= faces, f"{rooms - faces} of csrc have no face in segpy/"
