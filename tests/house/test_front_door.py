"""The front door: what `import segpy` costs, and what every public name says of itself."""

from __future__ import annotations

import ast
import doctest
import inspect
import json
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import segpy
from house.texts import ROOT, SEGPY, name_of, python_texts

PUBLIC = sorted(n for n in segpy.__all__ if not n.startswith("_"))
HEAVY = ["pandas", "sklearn", "matplotlib", "scipy", "jinja2", "tqdm", "pyarrow", "polars"]
LONGEST_IMPORT = 0.020  # seconds over numpy


def python(code: str) -> str:
    """Run code in a Python of its own, from the root; give what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_import_loads_nothing_heavy():
    code = "import sys, json, segpy; segpy.__version__; print(json.dumps(list(sys.modules)))"
    loaded = {name.split(".")[0] for name in json.loads(python(code))}
    assert "segpy" in loaded
    assert not loaded & set(HEAVY), sorted(loaded & set(HEAVY))


def test_import_is_instant():
    code = (
        "import numpy, time; start = time.process_time(); import segpy, segpy._core;"
        "print(time.process_time() - start)"
    )
    python(code)  # the byte code is written and the files are warm
    best = min(float(python(code)) for _ in range(5))
    assert best < LONGEST_IMPORT, f"import segpy takes {best * 1000:.1f} ms over numpy"


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no_such_name"):
        segpy.no_such_name  # noqa: B018


def test_type_checkers_see_what_is_loaded():
    tree = ast.parse((SEGPY / "__init__.py").read_text("utf-8"))
    guarded = next(n for n in tree.body if isinstance(n, ast.If))
    seen = {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in guarded.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert sorted(seen) == PUBLIC
    for name, home in seen.items():
        if inspect.ismodule(value := getattr(segpy, name)):
            assert value.__name__ == home
        else:
            assert f"{value.__module__}.{value.__qualname__}" == home


def own_methods(value: type) -> list[str]:
    """Give the public methods a class of ours writes itself."""
    return [
        n
        for n, f in vars(value).items()
        if not n.startswith("_") and (inspect.isfunction(f) or isinstance(f, classmethod))
    ]


def functions_of(name: str) -> list[tuple[str, object]]:
    """Give what stands behind a public name: itself, its methods, the functions of a module."""
    value = getattr(segpy, name)
    if inspect.ismodule(value):
        return [
            (f"{name}.{n}", f)
            for n, f in vars(value).items()
            if inspect.isfunction(f) and f.__module__ == value.__name__ and not n.startswith("_")
        ]
    methods = own_methods(value) if inspect.isclass(value) else []
    return [(name, value), *((f"{name}.{n}", getattr(value, n)) for n in methods)]


@pytest.mark.parametrize("name", PUBLIC)
def test_public_names_are_documented(name: str):
    for path, value in functions_of(name):
        text = inspect.getdoc(value) or ""
        assert text.strip(), f"{path} has no docstring"
        if "." in path and not path.startswith("datasets."):
            continue  # a method: one sentence may do
        arguments = [
            p
            for p in inspect.signature(value).parameters.values()
            if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)
        ]
        if arguments:
            assert re.search(r"^Parameters\n-+$", text, re.M), f"{path}: no Parameters"
        for argument in arguments:
            said = re.search(rf"^[\w, *]*\b{argument.name}\b[\w, *]*(:|$)", text, re.M)
            assert said, f"{path}: {argument.name} is not described"
        if inspect.isfunction(value):
            assert re.search(r"^(Returns|Yields)\n-+$", text, re.M), f"{path}: no Returns"


@pytest.mark.parametrize("name", PUBLIC)
def test_public_names_have_an_example_that_runs(name: str, tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    value = getattr(segpy, name)
    module = import_module(value.__name__ if inspect.ismodule(value) else value.__module__)
    finder = doctest.DocTestFinder(exclude_empty=True)
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    names = {**vars(module), "sp": segpy}
    tests = [t for t in finder.find(value, name, module=module, globs=names) if t.examples]
    assert tests, f"{name} has no example"
    said: list[str] = []
    for test in tests:
        runner = doctest.DocTestRunner(optionflags=flags)
        runner.run(test, out=said.append)
        assert runner.failures == 0, "".join(said)


@pytest.mark.parametrize("path", python_texts(), ids=name_of)
def test_functions_fit_a_screen(path: Path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[1] if ast.get_docstring(node) and len(node.body) > 1 else node.body[0]
            length = (node.end_lineno or 0) - first.lineno + 1
            assert length <= 70, f"{name_of(path)}:{node.lineno} {node.name} has {length} lines"
