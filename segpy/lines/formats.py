"""What a source is: tables, paths and open files, told apart by their content, not their name."""

from __future__ import annotations

import gzip
import io
import os
import zipfile
import zlib
from dataclasses import dataclass
from typing import Any

import pandas as pd

from segpy import _checks, _frames

_ALLOWED = "a table or a file of .csv .tsv .txt .gz .zip .xlsx .xls .xlsb .ods .parquet .feather"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SHEETS = "docs.google.com/spreadsheets"
_EXTRAS = {"excel": "fastexcel pyarrow", "parquet": "pyarrow"}


@dataclass(frozen=True)
class Content:
    """A source opened: a table, or the bytes of a text file.

    Attributes
    ----------
    format : str
        "table", "text", "excel", "parquet" or "feather".
    name : str
        What to call the source in an error.
    table : DataFrame or None
        The cells, where the source has columns of its own.
    text : bytes
        The text file's content, unpacked.
    sheet : str or None
        The sheet read, where a workbook has several.
    sheets : tuple of str
        All sheets of a workbook that has several.
    """

    format: str
    name: str
    table: pd.DataFrame | None = None
    text: bytes = b""
    sheet: str | None = None
    sheets: tuple[str, ...] = ()


def open_source(who: str, source: Any, sheet_name: int | str) -> Content:
    """Open a table, a path or an open file.

    Raises
    ------
    TypeError
        If it is none of these.
    FileNotFoundError, PermissionError
        If the path leads nowhere or must not be read.
    ValueError
        If it is a directory, empty, packed badly, or neither a known format nor text.
    ImportError
        If the format needs an extra that is not installed; the message names it.
    """
    if isinstance(source, str | os.PathLike):
        name = os.fspath(source)
        _refuse_links(who, str(name))
        return _from_bytes(who, _read_path(who, name), str(name), sheet_name)
    if hasattr(source, "read"):
        raw = source.read()
        if isinstance(raw, str):
            # Text that is decoded already: what it was before does not matter any more.
            raw = raw.encode("utf-8")
        if not isinstance(raw, bytes | bytearray | memoryview):
            raise _checks.type_error(who, "what 'source'.read() gives", "bytes or str", raw)
        return _from_bytes(who, bytes(raw), str(getattr(source, "name", "file")), sheet_name)
    if isinstance(source, pd.DataFrame) or hasattr(source, "__arrow_c_stream__"):
        return Content("table", "table", _frames.frame(who, source))
    advice = "Wrap bytes in io.BytesIO." if isinstance(source, bytes | bytearray) else ""
    raise _checks.type_error(who, "'source'", _ALLOWED, source, advice)


def _refuse_links(who: str, name: str) -> None:
    if _SHEETS in name:
        raise _checks.value_error(
            who,
            "'source'",
            _ALLOWED,
            f"a link to a Google Sheet, {_checks.shown(name)}",
            "Links are not read in this version: choose File > Download > Comma-separated values "
            "in the sheet and pass the file.",
        )
    if "://" in name[:16]:
        raise _checks.value_error(
            who,
            "'source'",
            _ALLOWED,
            f"a link, {_checks.shown(name)}",
            "Download the file and pass its path.",
        )


def _read_path(who: str, name: str | bytes) -> bytes:
    if os.path.isdir(name):
        raise _checks.value_error(
            who, "'source'", _ALLOWED, f"the directory {str(name)!r}", "Name one file in it."
        )
    try:
        with open(name, "rb") as file:
            return file.read()
    except FileNotFoundError:
        sql = str(name).lstrip()[:7].lower().startswith(("select", "with "))
        advice = (
            "SQL is not run in this version: pass pandas.read_sql(query, con)."
            if sql
            else f"Looked in {os.getcwd()!r}."
        )
        raise FileNotFoundError(
            _checks.sentence(
                who, "'source'", "a file that exists", _checks.shown_path(name), advice
            )
        ) from None
    except PermissionError:
        raise PermissionError(
            _checks.sentence(who, "'source'", "a file you may read", repr(str(name)))
        ) from None
    except (OSError, ValueError) as error:  # ValueError: a name with a NUL in it
        got = f"{_checks.shown(str(name))} ({getattr(error, 'strerror', None) or error})"
        kind = OSError if isinstance(error, OSError) else ValueError
        raise kind(_checks.sentence(who, "'source'", "a file to read", got)) from error


def _from_bytes(who: str, raw: bytes, name: str, sheet_name: int | str) -> Content:
    # A packed file may hold a packed file; a few layers are honest, more are not.
    for _ in range(4):
        if len(raw) < 64 and not raw.strip(b" \t\r\n\xef\xbb\xbf"):
            raise _checks.value_error(
                who, "'source'", "a file with a header and order lines", f"{name!r}, which is empty"
            )
        if raw[:2] == b"\x1f\x8b":
            raw = _gunzip(who, raw, name)
        elif raw[:4] == b"PK\x03\x04" and not _is_workbook(who, raw, name):
            raw, name = _unzip(who, raw, name)
        else:
            break
    if raw[:4] == b"PK\x03\x04" or raw[:8] == _OLE:
        return _excel(who, raw, name, sheet_name)
    if raw[:4] == b"PAR1":
        return Content("parquet", name, _arrow(who, raw, name, "parquet"))
    if raw[:6] == b"ARROW1" or raw[:4] == b"FEA1":
        return Content("feather", name, _arrow(who, raw, name, "feather"))
    return Content("text", name, text=raw)


def _gunzip(who: str, raw: bytes, name: str) -> bytes:
    try:
        return gzip.decompress(raw)
    except (EOFError, OSError, zlib.error) as error:
        raise _damaged(who, name, "gzip file", error) from None


def _damaged(who: str, name: str, kind: str, error: Exception) -> ValueError:
    return _checks.value_error(
        who,
        "'source'",
        f"a whole {kind}",
        f"{name!r}, which cannot be opened ({error})",
        "Fetch or export it again.",
    )


def _is_workbook(who: str, raw: bytes, name: str) -> bool:
    """Tell a workbook (xlsx, xlsb, ods) from a zip of files."""
    with _zip(who, raw, name) as archive:
        inside = archive.namelist()
        if "mimetype" in inside:
            return b"spreadsheet" in archive.read("mimetype")
        return "[Content_Types].xml" in inside


def _zip(who: str, raw: bytes, name: str) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(io.BytesIO(raw))
    except zipfile.BadZipFile as error:
        raise _damaged(who, name, "zip file", error) from None


def _unzip(who: str, raw: bytes, name: str) -> tuple[bytes, str]:
    with _zip(who, raw, name) as archive:
        inside = [
            i.filename
            for i in archive.infolist()
            if not i.is_dir()
            and not i.filename.startswith("__MACOSX/")
            and not os.path.basename(i.filename).startswith(".")
        ]
        if len(inside) != 1:
            raise _checks.value_error(
                who,
                "a zip file",
                "one file with order lines",
                f"{name!r} with {_checks.shown(inside) if inside else 'none'}",
                "Unpack it and pass the file you mean.",
            )
        try:
            return archive.read(inside[0]), inside[0]
        except (RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error) as error:
            raise _damaged(who, name, "zip file without a password", error) from None


def _arrow(who: str, raw: bytes, name: str, kind: str) -> pd.DataFrame:
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        raise _missing_extra(who, kind, "parquet") from None
    from pyarrow import ArrowException

    try:
        read = pd.read_parquet if kind == "parquet" else pd.read_feather
        return _frames.frame(who, read(io.BytesIO(raw)))
    except (ArrowException, OSError) as error:
        raise _damaged(who, name, f"{kind} file", error) from None


def _missing_extra(who: str, kind: str, extra: str) -> ImportError:
    return ImportError(
        _checks.sentence(
            who,
            f"the extra {extra!r}",
            f"installed to read {kind} files",
            "no such package",
            f"Run: pip install 'segpy-customers[{extra}]' (it brings {_EXTRAS[extra]}).",
        )
    )


def _excel(who: str, raw: bytes, name: str, sheet_name: int | str) -> Content:
    try:
        import fastexcel
        import pyarrow  # noqa: F401
    except ImportError:
        raise _missing_extra(who, "Excel", "excel") from None
    if isinstance(sheet_name, bool) or not isinstance(sheet_name, int | str):
        raise _checks.type_error(who, "'sheet_name'", "a sheet's number or name", sheet_name)
    try:
        book = fastexcel.read_excel(raw)
    except fastexcel.FastExcelError as error:
        raise _damaged(who, name, "workbook", Exception(str(error).splitlines()[0])) from None
    sheets = book.sheet_names
    known = sheet_name in sheets if isinstance(sheet_name, str) else 0 <= sheet_name < len(sheets)
    if not known:
        raise _checks.value_error(
            who,
            "'sheet_name'",
            f"one of {sheets} or a number below {len(sheets)}",
            repr(sheet_name),
        )
    try:
        head = book.load_sheet(sheet_name, header_row=None, n_rows=1, dtypes="string").to_arrow()
    except fastexcel.FastExcelError:
        head = None
    if head is None or not head.num_rows:
        raise _checks.value_error(
            who,
            "the sheet",
            "a header and order lines",
            f"an empty sheet {sheet_name!r}",
            f"Choose another with sheet_name=; the workbook has {sheets}.",
        )
    # Every row decides a column's type: from a sample, a late text among numbers would be lost.
    table = book.load_sheet(sheet_name, schema_sample_rows=None).to_arrow().to_pandas()
    table.columns = pd.Index(header_names(who, [row[0].as_py() for row in head.columns]))
    if len(sheets) == 1:
        return Content("excel", name, pd.DataFrame(table))
    chosen = sheet_name if isinstance(sheet_name, str) else sheets[sheet_name]
    return Content("excel", name, pd.DataFrame(table), sheet=chosen, sheets=tuple(sheets))


def header_names(who: str, names: list[Any]) -> list[str]:
    """Give a header line's names; an empty one is called by its place, a second one refused."""
    named = [
        str(name).strip() if name is not None and str(name).strip() else f"Unnamed: {place}"
        for place, name in enumerate(names)
    ]
    for name in named:
        if named.count(name) > 1:
            raise _checks.value_error(
                who,
                "column names",
                "there once each",
                f"{name!r} {named.count(name)} times",
                "Rename or drop one of them.",
            )
    return named
