"""Each notebook runs from top to bottom, on the real data and on data made to look like it."""

from __future__ import annotations

import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
LOOKALIKE = """
import segpy as sp
sp.datasets.fetch_online_retail = lambda: sp.datasets.make_transactions(600)


def made_mall():
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(8)
    middles = [(55, 50), (87, 82), (88, 17), (26, 21), (26, 79)]
    kind = np.repeat(range(5), [80, 40, 35, 25, 20])
    income, score = (rng.normal(np.take(m, kind), 5).round().astype(int) for m in zip(*middles))
    return pd.DataFrame(
        {
            "CustomerID": np.arange(1, 201),
            "Gender": np.where(rng.random(200) < 0.56, "Female", "Male"),
            "Age": rng.integers(18, 71, 200),
            "Annual Income (k$)": income,
            "Spending Score (1-100)": score.clip(1, 100),
        }
    )


sp.datasets.fetch_mall_customers = made_mall
"""


def run(path: Path, folder: Path, first: str = "") -> str:
    """Run a notebook in `folder`, after a first cell of ours; give what its last cell printed."""
    notebook = nbformat.read(path, as_version=4)
    if first:
        notebook.cells.insert(0, nbformat.v4.new_code_cell(first))
    client = NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    )
    client.execute()
    outputs = notebook.cells[-1].outputs
    return "".join(o.text for o in outputs if o.output_type == "stream" and o.name == "stdout")


@pytest.fixture
def kernel_environment(monkeypatch):
    """Let the kernel find this checkout and draw without a screen."""
    before = os.environ.get("PYTHONPATH")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), *([before] if before else [])]))
    monkeypatch.delenv("PYTHONWARNINGS", raising=False)


def test_there_are_notebooks():
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_notebooks_are_stored_without_outputs(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert code
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
    assert "assert" in code[-1].source, "the last cell asserts what the text claims"


@pytest.mark.filterwarnings("ignore")  # of the kernel's own machinery, not of segpy
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
@pytest.mark.usefixtures("kernel_environment")
def test_notebook_runs_on_made_data(path, tmp_path):
    assert run(path, tmp_path, LOOKALIKE) == "All claims hold.\n"


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
@pytest.mark.usefixtures("kernel_environment")
def test_notebook_runs_on_the_real_data(path, tmp_path, data_dir, monkeypatch):
    monkeypatch.setenv("SEGPY_DATA", str(data_dir.resolve()))
    assert run(path, tmp_path) == "All claims hold.\n"
