"""The report: the whole road in one call, told on one page that opens anywhere."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from segpy import _checks, _writing
from segpy.reporting import (
    actions,
    appendix,
    cautions,
    customers,
    groups,
    headline,
    months,
    opening,
    products,
    road,
    together,
)
from segpy.reporting import (
    segments as segment_chapter,
)
from segpy.reporting.story import Chapter, Story

_WHO = "report"
_TEMPLATES = Path(__file__).parent / "templates"

# The page in the order it is read. A new chapter is a module, a template and a line here.
CHAPTERS: tuple[Callable[[Story], Chapter | None], ...] = (
    headline.chapter,
    months.chapter,
    segment_chapter.chapter,
    actions.chapter,
    groups.chapter,
    products.chapter,
    together.chapter,
    customers.chapter,
    cautions.chapter,
    appendix.chapter,
)


def report(
    source: Any,
    path: str | os.PathLike[str] = "report.html",
    *,
    read: Mapping[str, Any] | None = None,
    clean: Mapping[str, Any] | None = None,
    audit: pd.DataFrame | None = None,
    segments: pd.Series | None = None,
    snapshot: Any = None,
    segment_map: Any = "rfm-11",
    currency: str = "",
    title: str | None = None,
    include_ids: bool = False,
) -> Path:
    """Write the whole analysis as one HTML page for the people who act on it.

    Order lines go in, raw or cleaned; a page comes out with headline figures, revenue by month,
    segments in plain words, what to do first, whether clustering finds groups of its own, what is
    bought together, and what to be careful about. It is one file
    without scripts that loads nothing, fits desk, phone and paper, light and dark.

    Parameters
    ----------
    source : path or DataFrame
        Whatever `read_transactions` takes. A table with a column `is_product` is taken as cleaned
        by `clean_transactions` and not cleaned again. It is not changed.
    path : path, default "report.html"
        Where the page goes. An existing file is replaced only once the new page is whole.
    read, clean : dict, optional
        Options of `read_transactions` and `clean_transactions`.
    audit : DataFrame, optional
        The audit that came with a cleaned table, shown in the appendix.
    segments : Series, optional
        Segments of your own: names, with the customers as index. Default: RFM scores named by
        `segment_map`.
    snapshot : date, optional
        The day recency is counted from. Default: the day after the last order.
    segment_map : str, dict or path, default "rfm-11"
        As in `assign_segments`; scores get the number of bins the map is made for.
    currency : str, default ""
        Put before every amount: ``"£"`` or ``"EUR"``.
    title : str, optional
        Heading of the page.
    include_ids : bool, default False
        Whether the customers who spent most are listed by id. Otherwise no id is on the page.

    Returns
    -------
    Path
        Where the page was written.

    Raises
    ------
    TypeError, ValueError
        An option or the source is not as described; the steps of the road say which.
    OSError
        The page cannot be written there. Nothing half-written is left, and an old page stays.

    Notes
    -----
    The same input gives the same bytes: no clock, no random order. A month counts as whole when
    the lines reach from its first to its last day, and only whole months are compared.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import segpy as sp
    >>> lines = sp.datasets.make_transactions(200)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     page = sp.report(lines, Path(folder) / "report.html", currency="£")
    ...     print(page.name, "<h1>" in page.read_text(encoding="utf-8"))
    report.html True
    """
    _checks.boolean(_WHO, "include_ids", include_ids)
    for name, value in (("currency", currency), ("title", "" if title is None else title)):
        if not isinstance(value, str):
            raise _checks.type_error(_WHO, f"'{name}'", "text", value)
    place = _writing.target(_WHO, path)
    story = road.walk(
        source,
        read=read,
        clean=clean,
        audit=audit,
        segments=segments,
        snapshot=snapshot,
        segment_map=segment_map,
        currency=currency,
        title=title,
        include_ids=include_ids,
    )
    _writing.write_whole(_WHO, place, render(story))
    return Path(path)


def render(story: Story) -> str:
    """Turn a story into the page: every value is escaped, pictures and style stand inside."""
    chapters = [c for tell in CHAPTERS if (c := tell(story)) is not None]
    return (
        _pages()
        .get_template("page.html")
        .render(
            css=Markup(_style()),
            chapters=chapters,
            version=story.version,
            **opening.values(story),
        )
    )


@lru_cache(maxsize=1)
def _pages() -> Environment:
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


@lru_cache(maxsize=1)
def _style() -> str:
    return (_TEMPLATES / "page.css").read_text(encoding="utf-8")
