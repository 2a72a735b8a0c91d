"""One bar for every long job: silent unless the work is long and somebody watches."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from segpy import _checks

_PATIENCE_S = 1.0


class Bar(Protocol):
    """What a job sees of its bar."""

    def update(self, n: float = 1) -> object:
        """Move the bar on by `n` units of work."""


class _Silent:
    """The bar of a job nobody watches."""

    def update(self, n: float = 1) -> None:
        """Do nothing."""


def _in_notebook() -> bool:
    """Say whether a notebook kernel runs this process, without importing IPython."""
    module = sys.modules.get("IPython")
    shell = module.get_ipython() if module is not None else None
    return type(shell).__name__ == "ZMQInteractiveShell"


def _watched() -> bool:
    """Say whether stderr reaches a person: a terminal or a notebook."""
    isatty = getattr(sys.stderr, "isatty", None)
    return bool(isatty is not None and isatty()) or _in_notebook()


@contextmanager
def bar(
    total: float, label: str, progress: bool | None = None, *, who: str = "segpy"
) -> Iterator[Bar]:
    """Give a bar over `total` units of work, drawn on stderr.

    Parameters
    ----------
    total : float
        Units of work in all.
    label : str
        What is being done.
    progress : bool or None
        True draws the bar at once and anywhere, False never; None draws it only after a second
        of work, on a terminal or in a notebook.
    who : str
        The public function that works, for the error when `progress` is no bool.
    """
    if progress is not None:
        progress = _checks.boolean(who, "progress", progress)
    if progress is False or (progress is None and not _watched()):
        yield _Silent()
        return
    from tqdm.std import tqdm

    class Line(tqdm):  # type: ignore[misc]
        # tqdm watches its bars from a thread of its own; a bar that lives for one call needs none.
        monitor_interval = 0

    delay = 0.0 if progress else _PATIENCE_S
    line = Line(
        total=total, desc=label, delay=delay, leave=bool(progress), file=sys.stderr, unit_scale=True
    )
    try:
        yield line
    finally:
        line.close()


@contextmanager
def kernel_bar(
    label: str, progress: bool | None = None, *, who: str = "segpy"
) -> Iterator[Callable[[float], None] | None]:
    """Give what a kernel calls with the share of its work done; None when nobody watches."""
    with bar(100, label, progress, who=who) as line:
        done = 0.0

        def tick(share: float) -> None:
            nonlocal done
            line.update(100 * share - done)
            done = 100 * share

        yield None if isinstance(line, _Silent) else tick
