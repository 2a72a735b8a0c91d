"""Small workbooks in formats no maintained library writes, byte by byte from their public specs.

A cell is a text, a number or a date; in Excel's formats a date is the days since 30 December 1899
under a date format. Excel 97 (.xls) is [MS-XLS] inside [MS-CFB], the binary workbook
(.xlsb) is [MS-XLSB], the OpenDocument spreadsheet (.ods) is OASIS ODF 1.2.
"""

from __future__ import annotations

import datetime
import io
import struct
import zipfile
from xml.sax.saxutils import escape

Cell = str | float | datetime.datetime
Rows = list[list[Cell]]
_DAY_ZERO = datetime.datetime(1899, 12, 30)
_DATE_FORMAT = 22  # "m/d/yy h:mm", built in


def _serial(moment: datetime.datetime) -> float:
    return (moment - _DAY_ZERO) / datetime.timedelta(days=1)


# ------------------------------------------------------------------------------ Excel 97


def xls(rows: Rows, sheet: str = "Lines") -> bytes:
    """Write one sheet as BIFF8."""

    def record(kind: int, body: bytes = b"") -> bytes:
        return struct.pack("<HH", kind, len(body)) + body

    def text(value: str, length: str) -> bytes:
        return struct.pack(length, len(value)) + b"\x01" + value.encode("utf-16-le")

    def cell(row: int, column: int, value: Cell) -> bytes:
        at = struct.pack("<HHH", row, column, isinstance(value, datetime.datetime))
        if isinstance(value, str):
            return record(0x0204, at + text(value, "<H"))
        number = _serial(value) if isinstance(value, datetime.datetime) else float(value)
        return record(0x0203, at + struct.pack("<d", number))

    start = struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 0)
    formats = b"".join(
        record(0x00E0, struct.pack("<HHH", 0, n, 0) + bytes(14)) for n in (0, _DATE_FORMAT)
    )
    page = b"".join(cell(i, j, v) for i, row in enumerate(rows) for j, v in enumerate(row))
    size = struct.pack("<IIHHH", 0, len(rows), 0, max(map(len, rows)), 0)
    begin = record(0x0809, start[:2] + b"\x10" + start[3:])
    page = begin + record(0x0200, size) + page + record(0x000A)
    bound = struct.pack("<IH", 0, 0) + struct.pack("<B", len(sheet)) + b"\0" + sheet.encode()
    book = record(0x0809, start) + record(0x0042, struct.pack("<H", 1200)) + formats
    offset = len(book) + len(record(0x0085, bound)) + len(record(0x000A))
    book += record(0x0085, struct.pack("<I", offset) + bound[4:]) + record(0x000A)
    return _compound("Workbook", book + page)


def _compound(name: str, stream: bytes) -> bytes:
    """Put one stream into a compound file: a header, one sector of the table, one of names."""
    free, end, none = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFF
    stream += bytes(max(4096 - len(stream), -len(stream) % 512))  # shorter ones live elsewhere
    stream += bytes(-len(stream) % 512)
    sectors = len(stream) // 512
    assert sectors + 2 <= 128, "one sector of the table is all there is"
    chain = [0xFFFFFFFD, end, *range(3, sectors + 2), end]
    table = struct.pack("<128I", *chain, *[free] * (128 - len(chain)))

    def entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
        spelled = name.encode("utf-16-le")
        head = spelled.ljust(64, b"\0") + struct.pack(
            "<HBB", len(spelled) + 2 * bool(name), kind, 1
        )
        return head + struct.pack("<III36xIQ", none, none, child, start, size)

    names = entry("Root Entry", 5, 1, end, 0) + entry(name, 2, none, 2, len(stream))
    names += entry("", 0, none, 0, 0) * 2
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    header += struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    header += struct.pack("<IIIIIIIIII", 0, 1, 1, 0, 4096, end, 0, end, 0, 0)
    return header + struct.pack("<108I", *[free] * 108) + table + names + stream


# ------------------------------------------------------------------------------ zipped formats


def _zipped(files: dict[str, bytes | str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, body in files.items():
            archive.writestr(name, body)
    return out.getvalue()


def xlsb(rows: Rows, sheet: str = "Lines") -> bytes:
    """Write one sheet as a binary workbook."""

    def record(kind: int, body: bytes = b"") -> bytes:
        head = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
        assert len(body) < 1 << 14
        size = [len(body)] if len(body) < 128 else [len(body) & 0x7F | 0x80, len(body) >> 7]
        return head + bytes(size) + body

    def text(value: str) -> bytes:
        return struct.pack("<I", len(value)) + value.encode("utf-16-le")

    def cell(column: int, value: Cell) -> bytes:
        at = struct.pack("<II", column, isinstance(value, datetime.datetime))
        if isinstance(value, str):
            return record(6, at + text(value))
        number = _serial(value) if isinstance(value, datetime.datetime) else float(value)
        return record(5, at + struct.pack("<d", number))

    page = record(129) + record(148, struct.pack("<IIII", 0, len(rows) - 1, 0, len(rows[0]) - 1))
    page += record(145)
    for i, row in enumerate(rows):
        page += record(0, struct.pack("<II", i, 0) + bytes(9))
        page += b"".join(cell(j, value) for j, value in enumerate(row))
    page += record(146) + record(130)
    book = record(131) + record(143)
    book += record(156, struct.pack("<II", 0, 1) + text("rId1") + text(sheet)) + record(144)
    kinds = (0, _DATE_FORMAT)
    styles = record(278) + record(617, struct.pack("<I", len(kinds)))
    styles += b"".join(record(47, struct.pack("<HH", 0, kind) + bytes(12)) for kind in kinds)
    styles += record(618) + record(279)
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    links = "http://schemas.openxmlformats.org/package/2006/relationships"

    def linked(*targets: tuple[str, str]) -> str:
        each = "".join(
            f'<Relationship Id="rId{i}" Type="{kind}/{what}" Target="{where}"/>'
            for i, (what, where) in enumerate(targets, start=1)
        )
        return f'<Relationships xmlns="{links}">{each}</Relationships>'

    return _zipped(
        {
            "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/'
            'content-types"><Default Extension="bin" ContentType="application/'
            'vnd.ms-excel.sheet.binary.macroEnabled.main"/></Types>',
            "_rels/.rels": linked(("officeDocument", "xl/workbook.bin")),
            "xl/workbook.bin": book + record(132),
            "xl/_rels/workbook.bin.rels": linked(
                ("worksheet", "worksheets/sheet1.bin"), ("styles", "styles.bin")
            ),
            "xl/worksheets/sheet1.bin": page,
            "xl/styles.bin": styles,
        }
    )


def ods(rows: Rows, sheet: str = "Lines") -> bytes:
    """Write one sheet as an OpenDocument spreadsheet."""

    def cell(value: Cell) -> str:
        if isinstance(value, str):
            kind = 'office:value-type="string"'
        elif isinstance(value, datetime.datetime):
            kind = f'office:value-type="date" office:date-value="{value.isoformat()}"'
        else:
            kind = f'office:value-type="float" office:value="{value!r}"'
        shown = escape(str(value))
        return f"<table:table-cell {kind}><text:p>{shown}</text:p></table:table-cell>"

    lines = "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in rows)
    names = "".join(
        f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    mime = "application/vnd.oasis.opendocument.spreadsheet"
    listed = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
    return _zipped(
        {
            "mimetype": mime,
            "META-INF/manifest.xml": f'<m:manifest xmlns:m="{listed}" m:version="1.2">'
            f'<m:file-entry m:full-path="/" m:media-type="{mime}"/>'
            '<m:file-entry m:full-path="content.xml" m:media-type="text/xml"/></m:manifest>',
            "content.xml": f'<office:document-content{names} office:version="1.2"><office:body>'
            f'<office:spreadsheet><table:table table:name="{escape(sheet)}">{lines}'
            "</table:table></office:spreadsheet></office:body></office:document-content>",
        }
    )
