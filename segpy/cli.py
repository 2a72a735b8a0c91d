"""The command line: ``segpy report | segments | rfm | rules | clusters | demo | info``.

Modules that cost import time are imported inside the functions, so that ``segpy info`` and a
usage error answer at once.
"""

from __future__ import annotations

import argparse
import errno
import os
import re
import shlex
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    import pandas as pd

_ALPHA = 0.05  # of `segpy rules --prune`
_ITEMSETS = 1_000_000  # of which rules are made: a file of more is read by nobody
DONE, FAULT, BAD_INPUT, INTERRUPTED, CLOSED = 0, 1, 2, 130, 141

_ROLES = (
    "customer",
    "order",
    "date",
    "product",
    "quantity",
    "price",
    "amount",
    "description",
    "country",
)
# What a caller can mend by another file, another option or another package.
_MENDABLE = (ValueError, TypeError, OSError, ImportError, MemoryError)

# What the package's errors say in Python, in the words of the command line; in this order.
_IN_OPTIONS = (
    (r"read=\{'columns': (\{.*?\})\}", r"columns=\1"),
    (r"read_transactions\(\.\.\., (columns=\{.*?\})\)", r"\1"),
    (r"columns\['(\w+)'\]", r"--columns \1=..."),
    (r"\bcolumns=(?=[.,;]| |$)", "--columns"),
    (r"\bdayfirst=True", "--dayfirst"),
    (r"\bdayfirst=False", "--no-dayfirst"),
    (r"(?<!-)\bdayfirst\b=?", "--dayfirst"),
    (r"\b(encoding|decimal)='([^']+)'", r"--\1 \2"),
    (r"(?<!-)\b(encoding|decimal)=(?=[.,;]| |$)", r"--\1"),
    (r"'(encoding|decimal|snapshot|returns)'", r"--\1"),
    (r"'min_(support|confidence|lift)'", r"--min-\1"),
    (r"\bmin_(support|confidence)\b", r"--min-\1"),
    (r"'max_len'", "--max-len"),
    (r"\bmax_len\b", "--max-len"),
    (r"'segment_map'", "--segment-map"),
    (r"'n_customers'", "--customers"),
    (r"'k(?:_range)?'", "-k"),
    (r"'source'", "FILE"),
    (r"'path'", "--output"),
    (r"clean=dict\(returns='keep'\)", "--returns keep"),
    (r"clean=dict\((\w+='keep')\)", r"segpy.clean_transactions(..., \1) in Python"),
    (r"Give a later snapshot, or future='drop' to leave those lines out",
     "Give a later --snapshot"),
    (r": pass pandas\.read_sql\(query, con\)", ": save the query's result as CSV"),
    (r"'sheet_name' must be one of (\[.*?\]) or a number below \d+", r"--sheet must be one of \1"),
    (r"\bsheet_name=", "--sheet"),
    (r", or use pandas\.to_datetime", ""),
)  # fmt: skip


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    argv : sequence of str, optional
        The words after the program's name; those of the process by default.

    Returns
    -------
    int
        0 done; 2 bad input or usage, told in one line on stderr; 1 a fault of our own;
        130 interrupted; 141 nobody reads the output any more.
    """
    try:
        arguments = _parser().parse_args(argv)
    except SystemExit as stop:  # argparse ends this way after --help (0) and bad usage (2)
        return stop.code if isinstance(stop.code, int) else BAD_INPUT
    try:
        run: Callable[[argparse.Namespace], None] = arguments.run
        run(arguments)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return _stopped("interrupted", INTERRUPTED)
    except BrokenPipeError:
        # What is still in the buffer has no reader: keep the interpreter from flushing it again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CLOSED
    except Exception as error:
        if arguments.debug:
            traceback.print_exc()
        if isinstance(error, (*_MENDABLE, _Unreadable)):
            text = str(error) or type(error).__name__
            if isinstance(error, OSError) and error.args[:1] == (errno.ENOSPC,):
                # Files are written by _writing, which has its own words.
                text = (
                    f"standard output must be a place that takes all of it; got {error.strerror}."
                )
            return _stopped(_in_options(text), BAD_INPUT, arguments.command)
        kind = f"unexpected {type(error).__name__}: {error} (--debug shows where)"
        return _stopped(kind, FAULT)
    return DONE


class _Unreadable(Exception):
    """A reader stopped with an error of its own kind: the file is not what its name says."""


class _Parser(argparse.ArgumentParser):
    """A parser whose complaint is one line."""

    def error(self, message: str) -> NoReturn:
        """Print the complaint without the usage, which --help shows, and end with 2."""
        self.exit(BAD_INPUT, f"{self.prog}: {' '.join(message.split())} (see {self.prog} --help)\n")


class _Version(argparse.Action):
    """Print the version and end, asking the core for it only then."""

    def __init__(self, option_strings: Sequence[str], dest: str, help: str | None = None) -> None:
        super().__init__(option_strings, dest, nargs=0, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> NoReturn:
        """Print the version."""
        import segpy

        print(f"segpy {segpy.__version__}")
        parser.exit()


def _stopped(text: str, code: int, command: str = "") -> int:
    """Print one line on stderr and give the exit code."""
    print(f"segpy {command}".rstrip() + ":", " ".join(text.split()), file=sys.stderr)
    return code


def _in_options(text: str) -> str:
    """Say an error of the package in the words of the command line, without its own name first."""
    import segpy

    name = re.match(r"(segpy [a-z]+|(\w+)(?:\.\w+)?): ", text)
    if name and (name[2] is None or name[2] in {*segpy.__all__, "make_transactions"}):
        text = text[name.end() :]
    for python, option in _IN_OPTIONS:
        text = re.sub(python, option, text)
    return re.sub(r"\bcolumns=\{(.*?)\}", _pairs, text)


def _pairs(columns: re.Match[str]) -> str:
    """Write a dict of columns as --columns takes it."""
    found = re.findall(r"'(\w+)': ?(?:None|'([^']*)'|\"([^\"]*)\"|(\.\.\.))", columns[1])
    return " ".join(["--columns", *(shlex.quote(f"{role}={''.join(h)}") for role, *h in found)])


# ------------------------------------------------------------------------------ words in


def _parser() -> argparse.ArgumentParser:
    """Describe the commands and their options."""
    everywhere = _Parser(add_help=False)
    everywhere.add_argument(
        "--debug", action="store_true", help="show where an error comes from, as Python does"
    )
    parser = _Parser(
        prog="segpy", description="From a shop's order lines to customer segments and a report."
    )
    parser.add_argument("--version", action=_Version, help="say which version this is")
    parser.set_defaults(run=lambda _: parser.print_help(), debug=False)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")

    def command(name: str, run: Callable[[argparse.Namespace], None], text: str) -> _Parser:
        made: _Parser = commands.add_parser(
            name, parents=[everywhere], help=text, description=text[0].upper() + text[1:] + "."
        )
        made.set_defaults(run=run)
        return made

    report = command("report", _report, "write one HTML page for the people who act on it")
    _add_input(report)
    _add_snapshot(report)
    _add_output(report, "report.html", "the page")
    _add_segmenting(report)
    _add_page(report)
    segments = command("segments", _segments, "write each customer's segment, scores and values")
    _add_input(segments)
    _add_snapshot(segments)
    _add_output(segments, "segments.csv", "the table, '-' for standard output")
    _add_segmenting(segments)
    rfm = command("rfm", _rfm, "write each customer's recency, frequency and monetary value")
    _add_input(rfm)
    _add_snapshot(rfm)
    _add_output(rfm, "rfm.csv", "the table, '-' for standard output")
    rules = command("rules", _rules, "write what is bought together, and tell the strongest")
    _add_input(rules)
    _add_output(rules, "rules.csv", "the table, '-' for standard output")
    _add_rules(rules)
    clusters = command(
        "clusters", _clusters, "say whether there are natural groups and write each customer's"
    )
    _add_input(clusters)
    _add_snapshot(clusters)
    _add_output(clusters, "clusters.csv", "the table, '-' for standard output")
    clusters.add_argument(
        "-k", type=int, metavar="N", help="how many groups (default: found in the data)"
    )
    demo = command("demo", _demo, "make two years of order lines and write their report")
    _add_output(demo, "report.html", "the page")
    demo.add_argument("--customers", type=int, default=2000, metavar="N", help="default 2000")
    _add_segmenting(demo)
    _add_page(demo)
    command("info", _info, "say which versions, processor level, threads and readers are in use")
    return parser


def _add_input(parser: argparse.ArgumentParser) -> None:
    """Add the file and how to read and clean it."""
    parser.add_argument("file", nargs="?", metavar="FILE", help="order lines: CSV, Excel, Parquet")
    parser.add_argument(
        "--columns",
        nargs="+",
        action="extend",
        default=[],
        metavar="ROLE=HEADER",
        help="which column is which, e.g. customer=Kunde order=Beleg, or none (country=); roles: "
        + ", ".join(_ROLES),
    )
    parser.add_argument(
        "--dayfirst",
        action=argparse.BooleanOptionalAction,
        help="read 01/02/2024 as 1 February (decided on the whole column by default)",
    )
    parser.add_argument("--sheet", metavar="NAME", help="the workbook's sheet (default: the first)")
    parser.add_argument("--encoding", metavar="NAME", help="e.g. cp1252 (found out by default)")
    parser.add_argument(
        "--decimal", choices=(".", ","), help="the decimal mark (found out by default)"
    )
    parser.add_argument(
        "--returns",
        choices=("match", "drop", "keep"),
        default="match",
        help="credit returns to their purchases (default), drop them, or keep them as they are",
    )


def _add_snapshot(parser: argparse.ArgumentParser) -> None:
    """Add the day recency is counted from."""
    parser.add_argument(
        "--snapshot", metavar="DATE", help="the day looked back from (default: after the last)"
    )


def _add_output(parser: argparse.ArgumentParser, default: str, what: str) -> None:
    """Add where the result goes."""
    parser.add_argument(
        "-o", "--output", default=default, metavar="FILE", help=f"{what} (default {default})"
    )


def _add_segmenting(parser: argparse.ArgumentParser) -> None:
    """Add how customers are named."""
    parser.add_argument(
        "--segment-map",
        default="rfm-11",
        metavar="NAME",
        help="rfm-11 (default), rf-10, klaviyo-6, quartile-6, or a CSV of your own",
    )


def _add_rules(parser: argparse.ArgumentParser) -> None:
    """Add which rules are found and which are written."""
    parser.add_argument(
        "--min-support",
        type=_number,
        default=0.01,
        metavar="N",
        help="share of all baskets that must hold a rule, or their number (default 0.01)",
    )
    parser.add_argument(
        "--min-confidence",
        type=_number,
        default=0.5,
        metavar="SHARE",
        help="of the buyers of the one, those who buy the other too (default 0.5)",
    )
    parser.add_argument("--min-lift", type=_number, metavar="N", help="times as often as by chance")
    parser.add_argument("--max-len", type=int, metavar="N", help="most products of a rule")
    parser.add_argument(
        "--prune",
        action="store_true",
        help=f"leave out what may be chance (level {_ALPHA}) or says nothing new",
    )


def _number(text: str) -> int | float:
    """Read a number as it is written: 50 is a number of baskets, 0.5 and 1.0 are shares."""
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a number; got {text!r}") from None


def _add_page(parser: argparse.ArgumentParser) -> None:
    """Add what the page shows beside the figures."""
    parser.add_argument("--currency", default="", metavar="SIGN", help="shown before money")
    parser.add_argument("--title", metavar="TEXT", help="the page's title")


def _columns(arguments: argparse.Namespace) -> dict[str, str | None] | None:
    """Turn ``role=header`` words into a dict; a FILE that the words swallowed is given back."""
    words: list[str] = arguments.columns
    if words and arguments.file is None and "=" not in words[-1]:
        arguments.file = words.pop()
    found: dict[str, str | None] = {}
    for word in words:
        # Pairs may also stand in one word, with commas; a header may hold commas too.
        for pair in re.split(rf",(?=(?:{'|'.join(_ROLES)})=)", word):
            role, sign, header = pair.partition("=")
            if not sign or role not in _ROLES:
                raise ValueError(
                    f"--columns: each word must be ROLE=HEADER with a role of {', '.join(_ROLES)}; "
                    f"got {pair!r}."
                )
            found[role] = header or None
    return found or None


# ------------------------------------------------------------------------------ the commands


class _Clock:
    """How long each step took and what it found; told at the end, if all went well."""

    def __init__(self) -> None:
        self.steps: list[tuple[str, float]] = []
        self.notes: list[str] = []

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time one step."""
        start = time.perf_counter()
        yield
        self.steps.append((name, time.perf_counter() - start))

    def tell(self, result: str, place: Any) -> None:
        """Print the notes and the result to `place`, the steps and their seconds to stderr."""
        for note in [*self.notes, result] if result else self.notes:
            print(note, file=place)
        each = ", ".join(f"{name} {seconds:.2f}" for name, seconds in self.steps)
        total = sum(seconds for _, seconds in self.steps)
        print(f"time: {each}; {total:.2f} seconds in all", file=sys.stderr)


def _report(arguments: argparse.Namespace) -> None:
    """Read, clean and write the page."""
    clock = _Clock()
    with clock.step("loading"):
        from segpy import _writing
        from segpy.reporting import page

        columns = _columns(arguments)
        place = _writing.target("segpy report", _output(arguments))
        _check_early(arguments)
    clean, audit = _read_and_clean(arguments, columns, clock)
    with clock.step("report"):
        path = page.report(
            clean,
            place,
            read=_reading(arguments, columns) or None,
            audit=audit,
            snapshot=arguments.snapshot,
            segment_map=arguments.segment_map,
            currency=arguments.currency,
            title=arguments.title,
        )
    clock.tell(f"report: {path}", sys.stdout)


def _segments(arguments: argparse.Namespace) -> None:
    """Read, clean, score and write a row a customer."""
    clock = _Clock()
    rfm = _customer_table(arguments, clock)
    with clock.step("segments"):
        from segpy.customer.scorer import Scorer
        from segpy.customer.segment_map import read_map
        from segpy.customer.segments import assign_segments

        bins = read_map("segpy segments", arguments.segment_map).n_bins or 5
        scores = Scorer(bins).fit_transform(rfm)
        segments = assign_segments(scores, arguments.segment_map)
        table = segments.to_frame().join(scores).join(rfm)
    _write_customers(arguments, table, clock)


def _rfm(arguments: argparse.Namespace) -> None:
    """Read, clean, aggregate and write a row a customer."""
    clock = _Clock()
    _write_customers(arguments, _customer_table(arguments, clock), clock)


def _clusters(arguments: argparse.Namespace) -> None:
    """Read, clean, aggregate, look for groups and write each customer's."""
    from segpy import _checks

    clock = _Clock()
    k = arguments.k
    if k is not None:
        _checks.integer("segpy clusters", "k", k, 2)
    rfm = _customer_table(arguments, clock)
    with clock.step("clusters"):
        import numpy as np

        from segpy.reporting.grouping import FEWEST, Groups

        groups = Groups.of(rfm, k, k_range=sorted({*range(2, 11), k or 2}))
        if groups is None:
            raise _checks.value_error(
                "segpy clusters",
                "the customers",
                f"at least {FEWEST}, and 10 of them different",
                f"{len(rfm):,}",
                "segpy segments names any number of customers.",
            )
        table = rfm.copy()
        table.insert(0, "cluster", groups.codes)
        table.insert(1, "name", groups.names.to_numpy()[groups.codes])
    clock.notes.append(groups.choice.verdict)
    sizes = np.bincount(groups.codes)
    for code, name in enumerate(groups.names):
        clock.notes.append(f"  {code}: {name}, {sizes[code]:,} customers")
    _write_customers(arguments, table, clock)


def _rules(arguments: argparse.Namespace) -> None:
    """Read, clean, find what is bought together and write a row a rule."""
    from segpy import _checks

    clock = _Clock()
    with clock.step("loading"):
        from segpy.basket.baskets import baskets
        from segpy.basket.mining import find
        from segpy.basket.rules import csv_text, make_rules
        from segpy.reporting import sentences, words

        columns = _start(arguments)
        asked = {"min_confidence": arguments.min_confidence, "min_lift": arguments.min_lift}
        # Numbers out of range are refused before the file is read.
        if arguments.max_len is not None:
            _checks.integer("segpy rules", "max_len", arguments.max_len, 2)
        make_rules(find([], arguments.min_support)[1], **asked)
    lines, _ = _read_and_clean(arguments, columns, clock)
    with clock.step("baskets"):
        if "product" not in lines.columns or not lines["product"].where(lines["is_product"]).any():
            raise _checks.value_error(
                "segpy rules",
                "the cleaned lines",
                "at least one line with a product",
                "none",
                "Name the column with --columns product=HEADER.",
            )
        held = baskets(lines)
    with clock.step("rules"):
        _, sets = find(
            held, arguments.min_support, max_len=arguments.max_len, max_itemsets=_ITEMSETS
        )
        rules = make_rules(sets, baskets=held, **asked)
        if arguments.prune:
            rules = rules.prune(alpha=_ALPHA)
    clock.notes += [sentences.of_baskets(held), *sentences.of_rules(rules)]
    if sets.partial:
        clock.notes.append("  Raise --min-support or set --max-len to have them all.")
    _write(arguments, lambda: csv_text(rules), words.plural(len(rules), "rule"), clock)


def _demo(arguments: argparse.Namespace) -> None:
    """Make order lines and write their report."""
    clock = _Clock()
    with clock.step("loading"):
        from segpy import _writing, datasets
        from segpy.reporting import page, words

        place = _writing.target("segpy demo", arguments.output)
        _check_early(arguments)
    with clock.step("lines"):
        lines = datasets.make_transactions(arguments.customers)
    with clock.step("report"):
        path = page.report(
            lines,
            place,
            segment_map=arguments.segment_map,
            currency=arguments.currency,
            title=arguments.title,
        )
    made = words.plural(len(lines), "made order line")
    clock.notes.append(f"{made} of {words.plural(arguments.customers, 'customer')}")
    clock.tell(f"report: {path}", sys.stdout)


def _info(arguments: argparse.Namespace) -> None:
    """Print what this installation is made of, without loading what it does not need."""
    import platform
    from importlib.metadata import PackageNotFoundError, version

    from segpy import _checks, _core

    def installed(name: str) -> str:
        try:
            return version(name)
        except PackageNotFoundError:
            return "not installed"

    print(f"segpy {_core.__version__} ({os.path.dirname(_core.__file__)})")
    print(f"Python {platform.python_version()} on {platform.platform()}")
    print(f"processor level {_core.level()} of {', '.join(_core.levels())} (SEGPY_LEVEL lowers it)")
    print(f"threads {_checks.cores()} (SEGPY_NUM_THREADS caps them)")
    for name in ("numpy", "pandas", "scikit-learn", "matplotlib", "jinja2", "tqdm"):
        print(f"{name} {installed(name)}")
    for name, use in (
        ("fastexcel", "Excel files"),
        ("pyarrow", "Parquet and Feather files"),
        ("polars", "polars tables"),
    ):
        print(f"{name} {installed(name)} ({use})")


# ------------------------------------------------------------------------------ shared steps


def _customer_table(arguments: argparse.Namespace, clock: _Clock) -> pd.DataFrame:
    """Read, clean and aggregate to a row a customer."""
    with clock.step("loading"):
        from segpy.customer.rfm import rfm
        from segpy.reporting.road import check_left

        columns = _start(arguments)
    clean, audit = _read_and_clean(arguments, columns, clock)
    with clock.step("rfm"):
        check_left(f"segpy {arguments.command}", clean, audit)
        return rfm(clean, snapshot=arguments.snapshot)


def _start(arguments: argparse.Namespace) -> dict[str, str | None] | None:
    """Check what needs no order lines, and give the columns that were named."""
    from segpy import _writing

    columns = _columns(arguments)
    output = _output(arguments)
    if output != "-":
        _writing.target(f"segpy {arguments.command}", output)
    _check_early(arguments)
    return columns


def _check_early(arguments: argparse.Namespace) -> None:
    """Check what needs no order lines before the file is read."""
    if "segment_map" in arguments:
        from segpy.customer.segments import check_segment_map

        check_segment_map(arguments.segment_map)
    if getattr(arguments, "snapshot", None) is not None:
        from segpy.customer.window import moment

        moment("rfm", arguments.snapshot)


def _read_and_clean(
    arguments: argparse.Namespace, columns: dict[str, str | None] | None, clock: _Clock
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read the file and clean its lines; note what was recognised and what was removed."""
    from segpy.lines.cleaning import clean_transactions
    from segpy.lines.reading import read_transactions
    from segpy.reporting import recognised, words

    with clock.step("reading"):
        try:
            lines = read_transactions(arguments.file, **_reading(arguments, columns))
        except (*_MENDABLE, KeyboardInterrupt):
            raise
        except Exception as error:
            raise _Unreadable(f"{arguments.file}: {error}") from error
    clock.notes += [recognised.told(lines, _ROLES), *recognised.doubts(lines)]
    with clock.step("cleaning"):
        clean, audit = clean_transactions(lines, returns=arguments.returns)
    clock.notes.append(f"{words.plural(len(lines), 'order line')} read, {len(clean):,} kept")
    for step, row in audit.iterrows():
        if row["removed_rows"]:
            clock.notes.append(f"  {step}: {row['why']}")
    return clean, audit


def _reading(
    arguments: argparse.Namespace, columns: dict[str, str | None] | None
) -> dict[str, Any]:
    """Collect the options of reading that were given."""
    options = {
        "columns": columns,
        "sheet_name": arguments.sheet,
        "dayfirst": arguments.dayfirst,
        "encoding": arguments.encoding,
        "decimal": arguments.decimal,
    }
    return {name: value for name, value in options.items() if value is not None}


def _output(arguments: argparse.Namespace) -> str:
    """Give the output's name; it must not be the file that is read."""
    if arguments.file is None:
        raise ValueError(f"segpy {arguments.command}: FILE is missing; name a file of order lines.")
    output: str = arguments.output
    if output == "-" and arguments.command == "report":
        raise ValueError("segpy report: '-o' must be a file name; got '-'. A page is a file.")
    both = os.path.exists(output) and os.path.exists(arguments.file)
    if both and os.path.samefile(output, arguments.file):
        raise ValueError(
            f"segpy {arguments.command}: the output must be another file than the one read; "
            f"got {output!r} for both. Name another one with -o."
        )
    return output


def _write_customers(arguments: argparse.Namespace, table: pd.DataFrame, clock: _Clock) -> None:
    """Write a row a customer as CSV."""
    from segpy.reporting import words

    counted = words.plural(len(table), "customer")
    _write(arguments, lambda: table.to_csv(lineterminator="\n"), counted, clock)


def _write(
    arguments: argparse.Namespace, make: Callable[[], str], counted: str, clock: _Clock
) -> None:
    """Write a table to a file, whole or not at all, or to standard output."""
    from segpy import _writing

    with clock.step("writing"):
        text = make()
        if arguments.output == "-":
            sys.stdout.write(text)
            sys.stdout.flush()
            # What is said about a table on standard output goes beside it.
            result, said = "", sys.stderr
        else:
            who = f"segpy {arguments.command}"
            place = _writing.target(who, arguments.output)
            _writing.write_whole(who, place, text)
            result, said = f"{counted}: {place}", sys.stdout
    clock.tell(result, said)
