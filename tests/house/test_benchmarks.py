"""Benchmarks name the machine, and say what was asked beside what is reached."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from house.texts import ROOT, name_of

FOLDER = ROOT / "benchmarks"
SHARED = FOLDER / "machine.py"
FILES = sorted(path for path in FOLDER.glob("*.py") if path != SHARED)


@pytest.fixture(scope="module")
def machine() -> ModuleType:
    spec = importlib.util.spec_from_file_location("machine", SHARED)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_every_benchmark_judges_itself(path: Path) -> None:
    text = path.read_text("utf-8")
    assert "parser(__doc__)" in text, "it takes --check"
    assert "head(" in text, "it names the processor, the level and the versions"
    assert "Asked(" in text
    assert ".tell()" in text


def test_make_bench_runs_every_benchmark() -> None:
    text = (ROOT / "Makefile").read_text("utf-8")
    assert "$(filter-out benchmarks/machine.py,$(wildcard benchmarks/*.py))" in text


def test_a_missed_ratio_ends_with_1_under_check(machine: ModuleType, capsys) -> None:
    for check in (False, True):
        judge = machine.Asked(full=True, check=check)
        judge.ratios("rows", {"segpy": 1.0, "peer": 6.0}, {"peer": 6.0, "absent": 99.0})
        judge.at_most("memory", 3.0, 4.0, " MB")
        judge.tell()
        assert capsys.readouterr().out.count(" met\n") == 2
        judge.at_least("rows", 5.99, 6.0, "x")
        if check:
            with pytest.raises(SystemExit) as stop:
                judge.tell()
            assert stop.value.code == 1
        else:
            judge.tell()
        assert " MISSED\n" in capsys.readouterr().out


def test_small_runs_are_not_judged(machine: ModuleType, capsys) -> None:
    with pytest.raises(SystemExit, match="full size only"):
        machine.Asked(full=False, check=True)
    judge = machine.Asked(full=False, check=False)
    judge.at_least("rows", 1.0, 6.0, "x")
    judge.tell()
    assert "MISSED" not in capsys.readouterr().out


def test_the_head_names_processor_level_and_versions(machine: ModuleType, capsys) -> None:
    machine.head("numpy", "no-such-peer")
    out = capsys.readouterr().out
    assert machine.processor() in out
    assert " at level " in out
    assert "numpy 2" in out
    assert "no no-such-peer (not installed: left out)" in out
