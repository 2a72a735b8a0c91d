"""``segpy rules``: the table of the Python call, the strongest in sentences, and how it ends."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import segpy as sp
from segpy import cli

PLACE = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}


@pytest.fixture(scope="module")
def made() -> pd.DataFrame:
    return sp.datasets.make_transactions(300)


@pytest.fixture
def file(made, tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    made.to_csv("lines.csv", index=False)
    return Path("lines.csv")


@pytest.fixture
def small(tmp_path, monkeypatch) -> Path:
    """Write a shop of ten orders: tea goes with cup."""
    monkeypatch.chdir(tmp_path)
    text = "customer,order,date,product,price\n"
    for order in range(10):
        held = ["cup", "tea"] if order < 4 else ["jam"] if order < 9 else ["cup"]
        for product in held:
            text += f"{order % 3},{order},2024-01-{order + 1:02d},{product},1\n"
    Path("small.csv").write_text(text)
    return Path("small.csv")


def run(capsys, *words: object) -> tuple[int, str, str]:
    code = cli.main(["rules", *map(str, words)])
    said = capsys.readouterr()
    return code, said.out, said.err


def expected(file: Path, **options) -> sp.Rules:
    clean, _ = sp.clean_transactions(sp.read_transactions(file))
    min_support = options.pop("min_support", 0.01)
    max_len = options.pop("max_len", None)
    return sp.Apriori(min_support, max_len=max_len).fit(sp.baskets(clean)).rules(**options)


@pytest.mark.parametrize(
    ("words", "options"),
    [
        ([], {}),
        (
            ["--min-support", "20", "--min-confidence", "0.2"],
            {"min_support": 20, "min_confidence": 0.2},
        ),
        (
            [
                "--min-support",
                "0.005",
                "--min-confidence",
                "0.1",
                "--min-lift",
                "3",
                "--max-len",
                "2",
            ],
            {"min_support": 0.005, "min_confidence": 0.1, "min_lift": 3, "max_len": 2},
        ),
    ],
    ids=["plain", "counts", "all"],
)
def test_it_writes_the_file_of_the_python_call(file, capsys, words, options):
    code, out, err = run(capsys, file, "-o", "out.csv", *words)
    assert code == cli.DONE
    rules = expected(file, **options)
    rules.to_csv("python.csv")
    assert Path("out.csv").read_bytes() == Path("python.csv").read_bytes()
    assert f"{len(rules)} rules: " in out
    assert err.startswith("time: loading ")
    assert ", baskets " in err


def test_pruned_rules_are_those_of_prune(file, capsys):
    options = {"min_support": 5, "min_confidence": 0.1}
    words = ["--min-support", "5", "--min-confidence", "0.1"]
    assert run(capsys, file, *words, "--prune")[0] == cli.DONE
    rules = expected(file, **options)
    kept = rules.prune(alpha=0.05)
    assert 0 < len(kept) < len(rules)
    assert len(pd.read_csv("rules.csv")) == len(kept)


def test_it_tells_the_baskets_and_three_rules_of_different_products(file, capsys):
    words = [file, "--min-support", "5", "--min-confidence", "0.1"]
    out = run(capsys, *words)[1]
    rules = expected(file, min_support=5, min_confidence=0.1)
    held = rules.itemsets.n_baskets
    assert f"\n{held:,} baskets of " in out
    assert f"\n{len(rules):,} rules in at least 5 of {held:,} baskets, the strongest:\n" in out
    told = [line for line in out.splitlines() if " of 100 who buy " in line]
    assert len(told) == 3
    best = rules.to_frame(1).iloc[0]
    assert told[0] == (
        f"  {round(100 * best['confidence'])} of 100 who buy {' and '.join(best['antecedents'])} "
        f"also buy {best['consequents'][0]}, {best['lift']:.0f} times as often as usual, "
        f"{best['count']} baskets"
    )


def test_what_turns_round_is_told_once(small, capsys):
    out = run(capsys, small, "--min-support", "2")[1]
    assert "10 baskets of 3 products, 6 of them of one product only\n" in out
    assert "2 rules in at least 2 of 10 baskets, the strongest:\n" in out
    assert out.count("of 100 who buy") == 1
    assert "  100 of 100 who buy tea also buy cup, 2.0 times as often as usual, 4 baskets\n" in out


def test_an_empty_answer_names_the_best_rule_and_is_no_error(small, capsys):
    code, out, _ = run(capsys, small, "--min-support", "2", "--min-lift", "9")
    assert code == cli.DONE
    assert "No rule reaches lift 9.0; the best there is: cup => tea, confidence 0.8, lift 2" in out
    assert "0 rules: " in out
    found = pd.read_csv("rules.csv")
    assert len(found) == 0
    assert list(found.columns[:2]) == ["antecedents", "consequents"]
    out = run(capsys, small, "--min-support", "0.9")[1]
    assert "No two items share 9 of 10 baskets; the most frequent pair is cup with tea" in out


def test_too_many_itemsets_are_said_with_the_way_out(file, capsys, monkeypatch):
    monkeypatch.setattr(cli, "_ITEMSETS", 300)
    code, out, _ = run(capsys, file, "--min-support", "3", "--min-confidence", "0.1")
    assert code == cli.DONE
    assert (
        "The itemsets are partial (there are more than max_itemsets=300; the sets given are" in out
    )
    assert "\n  Raise --min-support or set --max-len to have them all.\n" in out


def test_the_table_goes_to_standard_output_alone(small, capsys):
    code, out, err = run(capsys, small, "--min-support", "2", "-o", "-")
    assert code == cli.DONE
    rows = list(csv.reader(io.StringIO(out)))
    assert sorted(rows[1][:2]) == ["cup", "tea"]
    assert {len(row) for row in rows} == {17}
    assert "of 100 who buy tea also buy cup" in err
    assert not Path("-").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--min-support", "0"), "--min-support must be a share in (0, 1] or a number of baskets"),
        (("--min-support", "1.5"), "got 1.5. A number of baskets is an int."),
        (("--min-support", "nan"), "--min-support must be a share"),
        (("--min-support", "few"), "--min-support: must be a number; got 'few' (see segpy rules"),
        (("--min-confidence", "2"), "--min-confidence must be a number in [0, 1]; got 2."),
        (("--min-confidence", "-0.1"), "--min-confidence must be a number in [0, 1]; got -0.1."),
        (("--min-lift", "-1"), "--min-lift must be a number >= 0; got -1."),
        (("--max-len", "1"), "--max-len must be an int >= 2; got 1."),
        (("-o", "small.csv"), "the output must be another file than the one read"),
        (("-o", "nowhere/rules.csv"), "nowhere"),
    ],
)
def test_bad_options_are_one_line_before_the_file_is_read(small, capsys, monkeypatch, words, said):
    def never(*_: object, **__: object) -> None:
        raise AssertionError("the file was read")

    monkeypatch.setattr("segpy.lines.reading.read_transactions", never)
    code, out, err = run(capsys, small, *words)
    assert (code, out) == (cli.BAD_INPUT, "")
    assert err.count("\n") == 1
    assert err.startswith("segpy rules: ")
    assert said in err


def test_lines_without_products_are_bad_input(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("one.csv").write_text("customer,date,price\n1,2020-01-01,1\n")
    code, _, err = run(capsys, "one.csv")
    assert code == cli.BAD_INPUT
    assert err == (
        "segpy rules: the cleaned lines must be at least one line with a product; got none. "
        "Name the column with --columns product=HEADER.\n"
    )
    Path("post.csv").write_text("customer,date,product,price\n1,2020-01-01,POST,1\n")
    assert run(capsys, "post.csv")[0] == cli.BAD_INPUT
    Path("one.csv").write_text("customer,date,product,price\n1,2020-01-01,A,1\n")
    code, out, _ = run(capsys, "one.csv")
    assert code == cli.DONE
    assert "1 basket of 1 product, 1 of them of one product only\n" in out
    assert "\nNo two items are ever in one basket.\n" in out


def test_debug_shows_where_it_went_wrong(small, capsys):
    err = run(capsys, small, "--min-support", "0", "--debug")[2]
    assert "Traceback" in err
    assert err.strip().splitlines()[-1].startswith("segpy rules: --min-support must be")


def test_scikit_learn_is_not_loaded(small):
    code = (
        "import sys; from segpy import cli; cli.main(['rules', 'small.csv', '-o', 'r.csv']); "
        "sys.exit('sklearn' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], env=PLACE, capture_output=True)
    assert done.returncode == 0, done.stderr
