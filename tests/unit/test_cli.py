"""The command line: what it writes, what it says, how it ends."""

from __future__ import annotations

import csv
import io
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import segpy
from segpy import cli

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def made() -> pd.DataFrame:
    return segpy.datasets.make_transactions(300)


@pytest.fixture
def file(made, tmp_path, monkeypatch) -> Path:
    """Write made order lines into the current folder, as a shop's export."""
    monkeypatch.chdir(tmp_path)
    made.to_csv("lines.csv", index=False)
    return Path("lines.csv")


def run(capsys, *words: object) -> tuple[int, str, str]:
    code = cli.main([str(w) for w in words])
    said = capsys.readouterr()
    return code, said.out, said.err


def one_line(text: str) -> str:
    assert text.count("\n") == 1, text
    assert text.endswith("\n")
    return text.strip()


# ------------------------------------------------------------------------------ what is written


def test_rfm_writes_the_table_of_the_python_call(file, capsys):
    code, out, err = run(capsys, "rfm", file)
    assert code == cli.DONE
    assert "recognised as UCI Online Retail: customer = CustomerID, order = InvoiceNo" in out
    assert "amount = quantity * price" in out
    assert "returns: " in out
    assert re.search(r"[\d,]+ order lines read, [\d,]+ kept", out)
    assert re.fullmatch(r"time: loading [\d.]+, .*; [\d.]+ seconds in all\n", err)
    clean, _ = segpy.clean_transactions(segpy.read_transactions(file))
    expected = segpy.rfm(clean)
    found = pd.read_csv("rfm.csv", index_col="customer", converters={"monetary": float})
    assert list(found.columns) == list(expected.columns)
    assert found.index.tolist() == expected.index.tolist()
    assert found["frequency"].tolist() == expected["frequency"].tolist()
    assert found["monetary"].tolist() == expected["monetary"].tolist()  # every bit is written


def test_one_of_a_kind_is_told_in_the_singular(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("one.csv").write_text("customer,date,price\n1,2020-01-01,1\n")
    out = run(capsys, "rfm", "one.csv")[1]
    assert "\n1 order line read, 1 kept\n" in out
    assert "\n1 customer: " in out
    out = run(capsys, "demo", "--customers", "1")[1]
    assert " made order lines of 1 customer\n" in out


def test_segments_writes_names_scores_and_values(file, capsys):
    code, _, _ = run(capsys, "segments", file, "-o", "out.csv", "--snapshot", "2026-01-01")
    assert code == cli.DONE
    found = pd.read_csv("out.csv", dtype={"score": str})
    columns = ["customer", "segment", "R", "F", "M", "score", "total"]
    assert list(found.columns[:7]) == columns
    assert {"recency_days", "frequency", "monetary"} <= set(found.columns)
    assert (found["score"] == found[["R", "F", "M"]].astype(str).agg("".join, axis=1)).all()
    assert found["recency_days"].min() == 18  # 14 December to 1 January
    assert found["customer"].is_unique


def test_segments_take_the_bins_of_the_map(file, capsys):
    code, _, _ = run(capsys, "segments", file, "-o", "out.csv", "--segment-map", "quartile-6")
    assert code == cli.DONE
    found = pd.read_csv("out.csv")
    assert found[["R", "F", "M"]].max().max() == 4
    assert "Best Customers" in set(found["segment"])


def test_clusters_say_the_verdict_and_write_each_customers_group(file, capsys):
    code, out, _ = run(capsys, "clusters", file)
    assert code == cli.DONE
    found = pd.read_csv("clusters.csv", index_col="customer", converters={"monetary": float})
    assert list(found.columns[:5]) == ["cluster", "name", "recency_days", "frequency", "monetary"]
    clean, _ = segpy.clean_transactions(segpy.read_transactions(file))
    rfm = segpy.rfm(clean)
    choice = segpy.choose_k(segpy.prepare_features().fit_transform(rfm))
    assert choice.verdict in out
    assert found.index.tolist() == rfm.index.tolist()
    assert found["monetary"].tolist() == rfm["monetary"].tolist()
    assert found["cluster"].tolist() == choice.labels(choice.suggested_k).tolist()
    sizes = found.groupby(["cluster", "name"]).size()
    assert len(sizes) == choice.suggested_k
    for (cluster, name), size in sizes.items():
        assert f"\n  {cluster}: {name}, {size:,} customers\n" in out


def test_clusters_take_the_number_that_is_asked_for(file, capsys):
    code, out, err = run(capsys, "clusters", file, "-k", "3", "-o", "-")
    assert code == cli.DONE
    found = pd.read_csv(io.StringIO(out))
    assert sorted(found["cluster"].unique()) == [0, 1, 2]
    assert found["name"].nunique() == 3
    assert " natural clusters" in err
    text = one_line(run(capsys, "clusters", "nowhere.csv", "-k", "1")[2])
    assert text == "segpy clusters: -k must be an int >= 2; got 1."
    assert "-k must be at most the number of rows" in run(capsys, "clusters", file, "-k", "1000")[2]


def test_clusters_of_too_few_customers_are_no_question(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("few.csv").write_text("customer,date,price\n1,2020-01-01,1\n2,2020-01-02,5\n")
    code, _, err = run(capsys, "clusters", "few.csv")
    assert code == cli.BAD_INPUT
    text = one_line(err)
    assert text.startswith("segpy clusters: the customers must be at least 30, and 10 of them")
    assert "got 2. segpy segments names any number" in text


def test_a_table_goes_to_standard_output_alone(file, capsys):
    code, out, err = run(capsys, "rfm", file, "-o", "-")
    assert code == cli.DONE
    rows = list(csv.reader(io.StringIO(out)))
    assert rows[0][0] == "customer"
    assert len({len(row) for row in rows}) == 1
    assert "recognised as UCI Online Retail: " in err
    assert not Path("-").exists()


def test_report_writes_one_page(file, capsys):
    code, out, _ = run(capsys, "report", file, "-o", "page.html", "--currency", "£")
    assert code == cli.DONE
    page = Path("page.html").read_text("utf-8")
    assert page.lstrip().lower().startswith("<!doctype html>")
    assert "£" in page
    assert re.search(r"report: .*page\.html", out)


def test_report_is_the_page_of_the_python_call(file, capsys):
    run(capsys, "report", file, "-o", "ours.html", "--returns", "drop", "--title", "A shop")
    theirs = segpy.report(file, "theirs.html", clean={"returns": "drop"}, title="A shop")
    assert Path("ours.html").read_bytes() == theirs.read_bytes()


def test_demo_says_where_the_page_is(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    code, out, _ = run(capsys, "demo", "--customers", "200")
    assert code == cli.DONE
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]
    assert str(tmp_path.resolve() / "report.html") in out


def test_demo_needs_no_extra(tmp_path):
    # Without pyarrow pandas keeps strings in another way; the report comes out all the same.
    text = (
        "import sys\n"
        "for name in ('pyarrow', 'polars', 'fastexcel'):\n"
        "    sys.modules[name] = None\n"
        "from segpy.cli import main\n"
        "sys.exit(main(['demo', '--customers', '150', '--debug']))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", text],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == cli.DONE, done.stderr
    with_extras = segpy.report(
        segpy.datasets.make_transactions(150), tmp_path / "with_extras.html"
    ).read_bytes()
    assert (tmp_path / "report.html").read_bytes() == with_extras


def test_info_names_versions_level_threads_and_readers(capsys):
    code, out, err = run(capsys, "info")
    assert code == cli.DONE
    assert err == ""
    assert f"segpy {segpy.__version__}" in out
    level = re.search(r"^processor level (\w+) of ([\w, ]+) \(", out, re.M)
    assert level
    assert level[1] in level[2].split(", ")
    assert re.search(r"^threads \d+ ", out, re.M)
    for name in ("numpy", "pandas", "scikit-learn", "fastexcel", "pyarrow", "polars"):
        assert re.search(rf"^{name} (\d|not installed)", out, re.M)


def test_info_loads_nothing_heavy():
    text = (
        "import sys; from segpy.cli import main; main(['info']);"
        "heavy = {'pandas', 'sklearn', 'matplotlib', 'polars', 'pyarrow'} & set(sys.modules);"
        "sys.exit(repr(heavy) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", text], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


# ------------------------------------------------------------------------------ words in


@pytest.mark.parametrize(
    "words",
    [
        ["renamed.csv", "--columns", "customer=Wer", "order=Was, wann"],
        ["--columns", "customer=Wer", "--columns", "order=Was, wann", "--", "renamed.csv"],
        ["--columns", "customer=Wer", "order=Was, wann", "renamed.csv"],
        ["renamed.csv", "--columns", "customer=Wer,order=Was, wann"],
    ],
)
def test_columns_are_told_in_pairs(made, tmp_path, monkeypatch, capsys, words):
    monkeypatch.chdir(tmp_path)
    renamed = made.rename(columns={"CustomerID": "Wer", "InvoiceNo": "Was, wann"})
    renamed.to_csv("renamed.csv", index=False)
    code, out, err = run(capsys, "rfm", "-o", "rfm.csv", *words)
    assert code == cli.DONE, err
    assert "Was, wann" in out


def test_dayfirst_and_encoding_are_passed_on(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    text = (
        "customer,order,date,product,quantity,price\n"
        "Zoë,1,01/02/2024,a,1,2.5\nZoë,2,03/02/2024,a,1,2.5\nBo,3,02/01/2024,b,2,1\n"
    )
    Path("short.csv").write_bytes(text.encode("cp1252"))
    code, _, err = run(capsys, "rfm", "short.csv")
    assert code == cli.BAD_INPUT
    assert "dayfirst" in one_line(err)
    words = ("rfm", "short.csv", "--encoding", "cp1252", "-o", "-")
    _, day, _ = run(capsys, *words, "--dayfirst")
    _, month, _ = run(capsys, *words, "--no-dayfirst")
    last = {}
    for name, out in (("day", day), ("month", month)):
        last[name] = pd.read_csv(io.StringIO(out), index_col=0).loc["Zoë", "last_order"]
    assert last["day"].startswith("2024-02-03")
    assert last["month"].startswith("2024-03-02")


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["paint"], "invalid choice: 'paint'"),
        (["rfm"], "FILE is missing"),
        (["rfm", "nowhere.csv"], "nowhere.csv"),
        (["rfm", "lines.csv", "--returns", "burn"], "invalid choice: 'burn'"),
        (["rfm", "lines.csv", "--columns", "customer"], "ROLE=HEADER"),
        (["rfm", "lines.csv", "--columns", "colour=x"], "got 'colour=x'"),
        (["rfm", "lines.csv", "--columns", "customer=Nobody"], "Nobody"),
        (["rfm", "lines.csv", "--snapshot", "2001-01-01"], "snapshot"),
        (["rfm", "lines.csv", "--snapshot", "soon"], "soon"),
        (["rfm", "lines.csv", "-o", "no/such/rfm.csv"], "folder"),
        (["rfm", "lines.csv", "-o", "lines.csv"], "another file than the one read"),
        (["rfm", "."], "directory"),
        (["report", "lines.csv", "-o", "-"], "must be a file name"),
        (["segments", "lines.csv", "--segment-map", "rfm-12"], "rfm-12"),
        (["demo", "--customers", "0"], "segpy demo: --customers must be an int >= 1; got 0."),
        (["rfm", "binary.csv"], "binary.csv"),
        (["rfm", "binary.xlsx"], "binary.xlsx"),
        (["rfm", "binary.csv.gz"], "binary.csv.gz"),
        (["rfm", "binary.zip"], "binary.zip"),
        (["rfm", "binary.parquet"], "binary.parquet"),
        (["rfm", "empty.csv"], "empty.csv"),
        (["rfm", "a\0b.csv"], "FILE must be a file to read; got 'a\\x00b.csv' ("),
        (["rfm", "a" * 300 + ".csv"], "FILE must be a file to read; got 'aaaa"),
        (["rfm", "lines.csv", "-o", "no/such/folder.csv"], "rfm: --output must be a file in"),
    ],
)
def test_bad_input_is_one_line_and_code_2(file, capsys, words, part):
    for name in ("binary.csv", "binary.xlsx", "binary.csv.gz", "binary.zip", "binary.parquet"):
        Path(name).write_bytes(bytes(range(256)) * 20)
    Path("empty.csv").write_bytes(b"")
    before = {p.name: p.stat().st_size for p in Path().iterdir()}
    code, _, err = run(capsys, *words)
    assert code == cli.BAD_INPUT
    line = one_line(err)
    assert line.startswith("segpy")
    assert part in line
    assert "Traceback" not in line
    assert {p.name: p.stat().st_size for p in Path().iterdir()} == before


@pytest.mark.parametrize(
    ("text", "words", "said"),
    [
        (
            "customer,date,price\n1,01/02/2020,1\n",
            (),
            "segpy rfm: column 'date' must be dates whose day and month can be told apart; got "
            "'01/02/2020' in row 0 (line 2), and every row written like it reads both ways. Pass "
            "--dayfirst if the day comes first, --no-dayfirst if the month does.",
        ),
        (
            "customer,date,price\n1,30/01/2020,1\n",
            ("--no-dayfirst",),
            "segpy rfm: column 'date' must be dates with the month first (--no-dayfirst); got "
            "'30/01/2020' in row 0 (line 2). Leave --dayfirst out if all rows are written in one "
            "way.",
        ),
        (
            "who,date,price\n1,2020-01-01,1\n",
            (),
            "segpy rfm: the table's columns must be recognised as customer and date at least; got "
            "no customer among 'who', 'date', 'price' (recognised: date = 'date', price = "
            "'price'). Pass --columns 'customer=<its column>'.",
        ),
        (
            "order,date,price\n1,2020-01-01,1\n",
            ("--columns", "customer=order"),
            "segpy rfm: --columns customer=... must be a column that no other role needs; got "
            "'order', the only one that tells orders apart. Keep both with --columns "
            "customer=order order=order, or count a customer's day as an order with --columns "
            "customer=order order=.",
        ),
        (
            'customer,date,price\n1,2020-01-01,"1,234"\n',
            (),
            "segpy rfm: column 'price' must be numbers that read one way; got '1,234' in row 0 "
            "(line 2), which is 1234 if the mark groups thousands and 1.234 if it is a comma "
            "before decimals. Nothing else in the table tells: pass --decimal . for 1234, "
            "--decimal , for 1.234.",
        ),
        (
            "customer,date,price\n1,2020-01-01,1\n",
            ("--encoding", "klingon"),
            "segpy rfm: --encoding must be an encoding Python knows, such as 'utf-8' or 'cp1252'; "
            "got 'klingon'.",
        ),
        (
            "customer,date,price\n1,soon,1\n",
            (),
            "segpy rfm: column 'date' must be dates; got 'soon' in row 0 (line 2). Correct the "
            "row, or name another column with --columns date=....",
        ),
        (
            "customer,order,date,quantity,price\n1,C1,2020-01-01,-1,2\n1,C2,2020-01-02,-1,2\n",
            (),
            "segpy rfm: the cleaned lines must be at least one line; got none: cleaning removed "
            "all 2 lines (orphan returns 2). Keep such lines with --returns keep.",
        ),
        (
            "customer,order,date,quantity,price\n1,C1,2020-01-01,-1,2\n,2,2020-01-02,1,2\n",
            ("--returns", "drop"),
            "segpy rfm: the cleaned lines must be at least one line with a customer; got none: "
            "cleaning removed every line with a customer (returns 1). Keep such lines with "
            "--returns keep.",
        ),
        (
            "customer,date,price\n1,2020-01-01,0\n",
            (),
            "segpy rfm: the cleaned lines must be at least one line; got none: cleaning removed "
            "the only line (no price 1). Keep such lines with segpy.clean_transactions(..., "
            "no_price='keep') in Python.",
        ),
    ],
)
def test_errors_speak_in_options(tmp_path, monkeypatch, capsys, text, words, said):
    monkeypatch.chdir(tmp_path)
    Path("x.csv").write_text(text, encoding="utf-8")
    code, out, err = run(capsys, "rfm", "x.csv", *words)
    assert code == cli.BAD_INPUT
    assert out == ""
    assert one_line(err) == said


def test_a_late_error_is_alone_on_stderr(file, capsys):
    for words in (("--snapshot", "2001-01-01"), ("--snapshot", "2001-01-01", "-o", "-")):
        code, out, err = run(capsys, "rfm", file, *words)
        assert code == cli.BAD_INPUT
        assert out == ""
        assert "Give a later --snapshot." in one_line(err)


@pytest.mark.parametrize("command", ["report", "segments"])
@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--snapshot", "soon", "--snapshot must be a date"),
        ("--segment-map", "rfm-12", "--segment-map must be one of"),
    ],
)
def test_options_are_checked_before_the_file_is_read(
    file, capsys, monkeypatch, command, option, value, said
):
    def never(*_, **__):
        raise AssertionError("the file was read")

    monkeypatch.setattr("segpy.lines.reading.read_transactions", never)
    code, _, err = run(capsys, command, file, "-o", "out", option, value)
    assert code == cli.BAD_INPUT
    assert one_line(err).startswith(f"segpy {command}: {said}")


def test_a_sheet_is_chosen_by_name(made, tmp_path, monkeypatch, capsys):
    pytest.importorskip("fastexcel")
    pytest.importorskip("openpyxl")
    monkeypatch.chdir(tmp_path)
    with pd.ExcelWriter("book.xlsx", engine="openpyxl") as book:
        pd.DataFrame({"Note": ["exported at night"]}).to_excel(book, sheet_name="About")
        made.head(50).to_excel(book, sheet_name="2024", index=False)
    code, out, _ = run(capsys, "rfm", "book.xlsx", "--sheet", "2024")
    assert code == cli.DONE
    assert "(sheet '2024'" in out
    for words, said in (
        ((), "Or choose another sheet than 'About' with --sheet; the workbook has ["),
        (("--sheet", "Lines"), "--sheet must be one of ['About', '2024']; got 'Lines'."),
    ):
        code, _, err = run(capsys, "rfm", "book.xlsx", *words)
        assert code == cli.BAD_INPUT
        assert said in one_line(err)


def test_what_was_guessed_is_told_with_its_option(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    text = "Kunde;Datum;Preis\nZoë;13.01.2020;1.234\nBo;14.01.2020;2.500\n"
    Path("x.csv").write_bytes(text.encode("cp1252"))
    code, out, _ = run(capsys, "rfm", "x.csv")
    assert code == cli.DONE
    assert "not UTF-8 and was read as cp1252: if names look wrong, pass --encoding" in out
    assert "the comma was taken as the decimal mark: if that is wrong, pass --decimal" in out
    code, out, _ = run(capsys, "rfm", "x.csv", "--encoding", "cp1252", "--decimal", ".")
    assert code == cli.DONE
    assert "pass --" not in out
    assert pd.read_csv("rfm.csv")["monetary"].tolist() == [2.5, 1.234]


def test_no_command_lists_the_commands(capsys):
    code, out, err = run(capsys)
    assert (code, err) == (cli.DONE, "")
    for command in ("report", "segments", "rfm", "clusters", "demo", "info"):
        assert re.search(rf"^ +{command} ", out, re.M)


def test_the_version_is_told(capsys):
    assert run(capsys, "--version") == (cli.DONE, f"segpy {segpy.__version__}\n", "")


def test_debug_shows_where_it_went_wrong(file, capsys):
    code, _, err = run(capsys, "rfm", "nowhere.csv", "--debug")
    assert code == cli.BAD_INPUT
    assert err.startswith("Traceback")
    assert "nowhere.csv" in err.splitlines()[-1]


def test_a_fault_of_ours_is_told_from_bad_input(file, capsys, monkeypatch):
    def broken(*_, **__):
        raise KeyError("lost")

    monkeypatch.setattr("segpy.customer.rfm.rfm", broken)
    code, _, err = run(capsys, "rfm", file)
    assert code == cli.FAULT
    assert "unexpected KeyError: 'lost' (--debug shows where)" in one_line(err)


def test_help_ends_with_0(capsys):
    for words in (["--help"], ["report", "--help"]):
        code, out, err = run(capsys, *words)
        assert code == cli.DONE
        assert out.startswith("usage: segpy")
        assert err == ""


# ------------------------------------------------------------------------------ how it ends


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT as a terminal does")
def test_ctrl_c_ends_with_130_and_one_line():
    text = (
        "import sys, time\n"
        "from segpy.lines import reading\n"
        "def slow(*_, **__):\n"
        "    print('reading', flush=True)\n"
        "    time.sleep(60)\n"
        "reading.read_transactions = slow\n"
        "from segpy.cli import main\n"
        "sys.exit(main(['rfm', 'lines.csv', '-o', '-']))\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", text],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "reading\n"
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert process.returncode == cli.INTERRUPTED
    assert one_line(err) == "segpy: interrupted"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize("words", [("rfm", "lines.csv", "-o", "-"), ("info",)])
def test_a_full_disk_behind_standard_output_is_told(file, words):
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "segpy", *words],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert done.returncode == cli.BAD_INPUT
    assert one_line(done.stderr) == (
        f"segpy {words[0]}: standard output must be a place that takes all of it; got No space "
        "left on device."
    )


@pytest.mark.skipif(sys.platform == "win32", reason="pipes close otherwise there")
def test_a_closed_pipe_ends_quietly(file):
    command = [sys.executable, "-m", "segpy", "rfm", "lines.csv", "-o", "-"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        err = process.stderr.read()
    assert process.returncode == cli.CLOSED
    assert "Traceback" not in err
    assert "Exception ignored" not in err


def test_the_module_is_the_command():
    done = subprocess.run(
        [sys.executable, "-m", "segpy", "info"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0
    assert done.stdout.startswith(f"segpy {segpy.__version__}")
