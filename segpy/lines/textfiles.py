"""Delimited text: its encoding, delimiter and header, and its cells as they are written."""

from __future__ import annotations

import codecs
import csv
import io
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from segpy import _checks, _progress
from segpy.lines.formats import header_names
from segpy.lines.recognise import hits
from segpy.lines.spelling import data

_SAMPLE = 1 << 16
_ROWS = 200
_BLANKS = r"\s+"
_SHOWN = {",": ",", ";": ";", "\t": "tab", "|": "|", _BLANKS: "blanks"}
# UTF-32's little-endian mark begins with UTF-16's, so it is tried first.
_BOMS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_GUESSES = ("cp1252", "iso-8859-1")
_FIGURES = re.compile(r"[-\d.,/: ]*")
_MULTIBYTE = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
_HIGH = bytes(range(0x80, 0x100))
# pandas 2's default reads floats a bit off in the last place; from 3.1 on it is exact by itself.
_EXACT: dict[str, Any] = (
    {}
    if tuple(map(int, pd.__version__.split(".")[:2])) >= (3, 1)
    else {"float_precision": "round_trip"}
)
_LAYOUT = {
    "id": re.compile(r"\d+"),
    "day": re.compile(r"(19|20)\d\d[01]\d[0-3]\d"),
    "whole": re.compile(r"-?\d+"),
    "money": re.compile(r"-?\d*\.\d+"),
}


@dataclass(frozen=True)
class Text:
    """A delimited text, understood but not yet cut into cells.

    Attributes
    ----------
    body : bytes
        UTF-8, without a byte order mark.
    encoding : str
        What the file was written in.
    delimiter : str
        One sign, or the pattern of blanks.
    headers : list of str
        The names of the columns.
    has_header : bool
        Whether `body` begins with them.
    skipped : int
        Lines of the file before `body`.
    guessed : bool
        The encoding is a guess: the text is no UTF-8, and no mark or caller says what it is.
    """

    body: bytes
    encoding: str
    delimiter: str
    headers: list[str]
    has_header: bool
    skipped: int = 0
    guessed: bool = False

    def line_of(self, rows: int) -> Callable[[int], int | None]:
        """Give what tells the line of the file in which one of `rows` rows begins."""
        lines = self.body.count(b"\n") + (not self.body.endswith(b"\n"))
        if lines == rows + self.has_header:
            first = 1 + self.skipped + self.has_header
            return lambda row: first + row
        # Cells hold line breaks, or lines are blank: counted only once an error asks for a line.
        return lambda row: self._counted(row, rows)

    def _counted(self, row: int, rows: int) -> int | None:
        found = [line for line, _ in self.records()][int(self.has_header) :]
        return found[row] if len(found) == rows else None

    def records(self) -> Iterator[tuple[int, int]]:
        """Go through header and rows: the line in which each begins, and its number of cells."""
        body = self.body.decode("utf-8", errors="surrogatepass")
        if self.delimiter == _BLANKS:
            for number, text in enumerate(body.splitlines(), start=1 + self.skipped):
                if text.strip():
                    yield number, len(text.split())
            return
        reader = csv.reader(
            io.StringIO(body, newline=""),
            delimiter=self.delimiter,
            skipinitialspace=self.blanks_before_quotes,
        )
        start = 1 + self.skipped
        try:
            for row in reader:
                if len(row) > 1 or any(cell.strip() for cell in row):
                    yield start, len(row)
                start = 1 + self.skipped + reader.line_num
        except csv.Error:
            return  # a cell longer than the reader takes: from there on no line is known

    @property
    def blanks_before_quotes(self) -> bool:
        """Whether blanks between delimiter and quotation mark are no part of the cell."""
        spaced = re.search(rf'{re.escape(self.delimiter)} +"'.encode(), self.body[:_SAMPLE])
        return bool(spaced) and self.delimiter != _BLANKS

    @property
    def delimiter_shown(self) -> str:
        """Name the delimiter for people."""
        return _SHOWN.get(self.delimiter, self.delimiter)


def understand(who: str, raw: bytes, name: str, encoding: str | None) -> Text:
    """Find a text file's encoding, delimiter and header."""
    body, used = _decode(who, raw, name, encoding)
    guessed = encoding is None and used in _GUESSES and not raw.startswith(tuple(_BOMS))
    hint = re.match(rb"sep=(.)\r?\n", body[:16])
    skipped = int(hint is not None)
    if hint:
        # Excel's own first line, which names the delimiter.
        body = body[hint.end() :]
    sample = body[:_SAMPLE].decode("utf-8", errors="ignore")
    whole = len(body) <= _SAMPLE
    if hint:
        delimiter = hint.group(1).decode("ascii", errors="replace")
    else:
        delimiter = _delimiter(who, sample, whole, name)
    rows = _rows(sample, delimiter, whole)
    first = [cell.strip() for cell in rows[0]]
    layout = _layout(first)
    if layout is not None:
        return Text(body, used, delimiter, layout, False, skipped, guessed)
    if not hits(first) and any(_FIGURES.fullmatch(c) and re.search(r"\d", c) for c in first):
        names = [f"column_{i}" for i in range(1, len(first) + 1)]
        return Text(body, used, delimiter, names, False, skipped, guessed)
    return Text(body, used, delimiter, header_names(who, first), True, skipped, guessed)


def _decode(who: str, raw: bytes, name: str, encoding: str | None) -> tuple[bytes, str]:
    """Give the text as UTF-8 and the name of the encoding it had."""
    bom = next((b for b in _BOMS if raw.startswith(b)), None)
    if encoding is not None:
        used = _named(who, encoding)
    elif bom is not None:
        used = _BOMS[bom]
    elif b"\0" in raw:
        used = _without_bom(who, raw, name)
    else:
        _refuse_binary(who, raw, name)
        used = "utf-8"
    if used in ("utf-8", "utf-8-sig") and bom == codecs.BOM_UTF8:
        raw, used = raw[len(codecs.BOM_UTF8) :], "utf-8"
    try:
        text = raw.decode(used)
    except UnicodeError as error:
        if encoding is not None or bom is not None or used != "utf-8":
            raise _undecodable(who, raw, used, error) from None
        text, used = _eight_bit(who, raw, getattr(error, "start", 0))
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise _checks.value_error(
            who,
            "'source'",
            "text in one encoding",
            f"{name!r} with a NUL sign in line {line}",
            "The file is damaged, binary, or changes its encoding there; export it again.",
        )
    if used in ("utf-8", "ascii"):
        return raw, used
    return text.removeprefix("\ufeff").encode("utf-8", errors="surrogatepass"), used


def _named(who: str, encoding: object) -> str:
    if not isinstance(encoding, str):
        raise _checks.type_error(who, "'encoding'", "the name of an encoding or None", encoding)
    try:
        return codecs.lookup(encoding).name
    except LookupError:
        raise _checks.value_error(
            who,
            "'encoding'",
            "an encoding Python knows, such as 'utf-8' or 'cp1252'",
            repr(encoding),
        ) from None


def _line(raw: bytes, at: int) -> int:
    return raw.count(b"\n", 0, at) + 1


def _undecodable(who: str, raw: bytes, used: str, error: UnicodeError) -> ValueError:
    at = getattr(error, "start", 0)
    return _checks.value_error(
        who,
        "'source'",
        f"text in {used}",
        f"a byte that is none, 0x{raw[at]:02x} in line {_line(raw, at)}",
        "Pass the file's encoding, for example encoding='cp1252'; if it changes half way, save the "
        "file again in one encoding.",
    )


def _without_bom(who: str, raw: bytes, name: str) -> str:
    """Tell UTF-16 without its mark from a binary file: its NULs stand at every other place."""
    head = raw[:4096]
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if odd > 0.3 * len(head) / 2 and even == 0:
        return "utf-16-le"
    if even > 0.3 * len(head) / 2 and odd == 0:
        return "utf-16-be"
    if not head.count(0):
        line = _line(raw, raw.index(b"\0"))
        raise _checks.value_error(
            who,
            "'source'",
            "text in one encoding",
            f"{name!r} with a NUL byte in line {line}",
            "The file is damaged or changes its encoding there; export it again.",
        )
    raise _binary(who, name)


def _binary(who: str, name: str) -> ValueError:
    return _checks.value_error(
        who,
        "'source'",
        "delimited text, Excel, Parquet or Feather",
        f"{name!r}, a binary file",
        "Export the order lines as CSV.",
    )


def _refuse_binary(who: str, raw: bytes, name: str) -> None:
    head = raw[:4096]
    controls = len(head) - len(head.translate(None, bytes(set(range(32)) - {9, 10, 11, 12, 13})))
    if controls > len(head) // 50 or head.startswith(b"%PDF"):
        raise _binary(who, name)


def _eight_bit(who: str, raw: bytes, bad: int) -> tuple[str, str]:
    """Decode Western Europe's eight bits; refuse UTF-8 beside the byte at `bad`."""
    high = len(raw) - len(raw.translate(None, _HIGH))
    paired = sum(len(m) for m in _MULTIBYTE.findall(raw))
    # By chance an accented capital and the sign after it look like UTF-8 ("É»"); a tenth of all
    # such bytes does not come by chance.
    if paired > high // 10:
        good = next(m.start() for m in _MULTIBYTE.finditer(raw))
        raise _checks.value_error(
            who,
            "'source'",
            "text in one encoding",
            f"UTF-8 in line {_line(raw, good)} and byte 0x{raw[bad]:02x}, which is not UTF-8, in "
            f"line {_line(raw, bad)}",
            "Save the file again in one encoding, or pass encoding='cp1252' to read all of it so.",
        )
    try:
        return raw.decode("cp1252"), "cp1252"
    except UnicodeDecodeError:
        return raw.decode("iso-8859-1"), "iso-8859-1"


def _rows(sample: str, delimiter: str, whole: bool) -> list[list[str]]:
    """Cut the sample's first records into cells; blank lines are none."""
    if delimiter == _BLANKS:
        rows = [line.split() for line in sample.splitlines()[: _ROWS + 1]]
    else:
        rows = []
        reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
        try:
            for row in reader:
                rows.append(row)
                if len(rows) > _ROWS:
                    break
        except csv.Error:
            # A cell longer than the reader takes: what came before it is enough to judge by.
            pass
    if not whole and len(rows) > 1 and len(rows) <= _ROWS:
        rows.pop()
    return [row for row in rows if any(cell.strip() for cell in row)]


def _delimiter(who: str, sample: str, whole: bool, name: str) -> str:
    """Choose the delimiter under which headers are known and the rows equally long."""
    best, best_score = "", (-1, 0.0, 0)
    for delimiter in (",", ";", "\t", "|", _BLANKS):
        rows = _rows(sample, delimiter, whole)
        if not rows or len(rows[0]) < 2 or (delimiter == _BLANKS and best):
            continue
        even = sum(len(row) == len(rows[0]) for row in rows) / len(rows)
        first = [cell.strip() for cell in rows[0]]
        known = hits(first) + (len(first) if _layout(first) else 0)
        score = (known, round(even, 1), len(first))
        if score > best_score:
            best, best_score = delimiter, score
    if not best:
        line = next((s for s in sample.splitlines() if s.strip()), "")
        raise _checks.value_error(
            who,
            "'source'",
            "delimited text with a header and at least two columns",
            f"{name!r}, whose first line is {_checks.shown(line)}",
            "Comma, semicolon, tab, | and blanks are known as delimiters.",
        )
    return best


def _layout(first: Sequence[str]) -> list[str] | None:
    """Give the headers of a known file without a header line, recognised by its first cells."""
    for layout in data("headers.json")["layouts"]:
        kinds = layout["cells"]
        if len(kinds) == len(first) and all(
            _LAYOUT[kind].fullmatch(cell) for kind, cell in zip(kinds, first, strict=True)
        ):
            return list(layout["headers"])
    return None


class _Counted(io.BytesIO):
    """A text in memory that tells a bar how far it has been read."""

    def __init__(self, body: bytes, tell: Callable[[int], object]) -> None:
        super().__init__(body)
        self._tell = tell

    def read(self, size: int | None = -1, /) -> bytes:
        part = super().read(size)
        self._tell(len(part))
        return part

    def read1(self, size: int | None = -1, /) -> bytes:
        part = super().read1(-1 if size is None else size)
        self._tell(len(part))
        return part


def cut(
    who: str,
    text: Text,
    *,
    dtype: dict[str, Any],
    only: Sequence[str] | None = None,
    progress: bool | None = False,
) -> pd.DataFrame:
    """Cut a text into cells, typed as `dtype` says and else as pandas finds; only "" is missing."""
    options: dict[str, Any] = {
        "sep": text.delimiter,
        "header": 0 if text.has_header else None,
        "names": text.headers,
        "index_col": False,
        "usecols": only,
        "dtype": dtype,
        "na_values": [""],
        "keep_default_na": False,
        "low_memory": False,
        "skipinitialspace": text.blanks_before_quotes,
        **_EXACT,
    }
    with _progress.bar(len(text.body), "reading", progress, who=who) as bar:
        try:
            with warnings.catch_warnings():
                # pandas warns, and drops cells, where lines are longer than the header.
                warnings.simplefilter("error", pd.errors.ParserWarning)
                return pd.DataFrame(pd.read_csv(_Counted(text.body, bar.update), **options))
        except (pd.errors.ParserError, pd.errors.ParserWarning) as error:
            raise _uneven(who, text, str(error)) from None
        except pd.errors.EmptyDataError:
            return pd.DataFrame({h: pd.Series(dtype=object) for h in text.headers})


def _uneven(who: str, text: Text, said: str) -> ValueError:
    open_quote = re.search(r"EOF inside string starting at row (\d+)", said)
    if open_quote:
        # pandas counts the header as row 0, and neither blank lines nor line breaks in cells.
        starts = [line for line, _ in text.records()]
        place = int(open_quote.group(1))
        where = f" in line {starts[place]}" if place < len(starts) else ""
        got = f"a quotation mark opened{where} and never closed"
    else:
        wide = next((r for r in text.records() if r[1] > len(text.headers)), None)
        got = f"{wide[1]} cells in line {wide[0]}" if wide else "lines with more cells"
    return _checks.value_error(
        who,
        "every line",
        f"cut into {len(text.headers)} cells by {text.delimiter_shown!r}",
        got,
        "Put cells that hold the delimiter into quotation marks.",
    )
