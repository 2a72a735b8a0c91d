"""Fixtures every test may use, and a banner that says which build is tested."""

from __future__ import annotations

import importlib
import os
import platform
import signal
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import hypothesis
import pandas as pd
import pytest

import segpy
from segpy._checks import cores

os.environ.setdefault("MPLBACKEND", "Agg")  # tests draw to files
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell that starts the suite in the background has Ctrl-C ignored, in its children too.
    signal.signal(signal.SIGINT, signal.default_int_handler)

# An example's time says more of the machine than of the code, least of all under a sanitizer.
hypothesis.settings.register_profile("segpy", deadline=None)
hypothesis.settings.load_profile("segpy")

ROOT = Path(__file__).resolve().parents[1]


def pytest_report_header() -> list[str]:
    """Name the C module's file, its level and the versions it runs with."""
    try:
        core = importlib.import_module("segpy._core")
        built = f"segpy._core: {core.__file__} (level {core.level()})"
    except ImportError as error:
        built = f"segpy._core: not built ({error})"
    shown = []
    for name in ("numpy", "pandas", "scikit-learn", "matplotlib", "pyarrow", "polars"):
        try:
            shown.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            shown.append(f"no {name}")
    machine = f"{platform.machine()}, {cores()} cores"
    return [built, f"{machine}; {', '.join(shown)}"]


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Give the folder of real data sets: SEGPY_DATA, else ../shared/data beside the checkout."""
    named = os.environ.get("SEGPY_DATA")
    folder = Path(named) if named else ROOT.parent / "shared" / "data"
    if named and not folder.is_dir():
        pytest.fail(f"SEGPY_DATA names {folder}, which is no folder")
    if not folder.is_dir():
        pytest.skip(f"the real data sets are not there: no folder {folder} (SEGPY_DATA names it)")
    return folder


@pytest.fixture(scope="session")
def online_retail(data_dir: Path) -> pd.DataFrame:
    """Give the order lines of UCI Online Retail as read_transactions reads them."""
    return segpy.read_transactions(data_dir / "online_retail.csv.gz")
