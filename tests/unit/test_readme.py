"""The README's example runs and prints what the README says."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "README.md").read_text("utf-8")


def test_the_example_prints_what_the_readme_says(data_dir, monkeypatch, tmp_path):
    # The reader has the file beside the notebook; here it is a link to the real one.
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SEGPY_DATA", str(data_dir.resolve()))
    (tmp_path / "online_retail.csv.gz").symlink_to(data_dir.resolve() / "online_retail.csv.gz")
    example = doctest.DocTestParser().get_doctest(TEXT, {}, "README.md", "README.md", 0)
    assert example.examples
    said: list[str] = []
    with pd.option_context("display.width", 100):
        doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(example, said.append)
    assert not said, "".join(said)


def test_what_the_readme_links_to_is_there():
    links = re.findall(r"\]\(([^)#]+)\)", TEXT)
    assert links
    for link in links:
        assert link.startswith("https://") or (ROOT / link).exists(), link
