"""Principal components: how much variance each holds, and what each is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from segpy import _checks
from segpy.plotting import labels, style

Floats = NDArray[np.float64]

_NONE, _PLUS, _MINUS = "#eef1f4", "#0d4a82", "#8a3b06"  # loadings of 0, 1 and -1
_ENOUGH = 0.8  # the share of variance the title looks for
_TEXT = 12.5  # points: a row that holds a line of text
_WIDEST, _HIGHEST = 96.0, 26.0  # points: no cell needs more
_SHARES = "Share of variance"
_SUMS = "Together"


def plot_pca(pca: Any, ax: Axes | None = None) -> Axes:
    """Draw what each principal component holds of the variance, over what it is made of.

    A column stands for a component: above, the share of the variance it explains, as a bar (the
    scree), and what it and those before it hold together; below, its loading on each feature.

    Parameters
    ----------
    pca : PCA
        A fitted `segpy.PCA` (scikit-learn's will do). Used are ``components_``,
        ``explained_variance_ratio_`` (fractions of one) and, if it is there,
        ``feature_names_in_``.
    ax : Axes, optional
        Where to draw; by default a new figure.

    Returns
    -------
    Axes
        Measured in points. The bars have the ids ``bar-0``, ``bar-1``, ..., the loadings
        ``loading-<feature>-<component>``. What finds no room is summed up in a last line: the last
        components, and the features of the smallest loadings.

    Raises
    ------
    TypeError
        If `pca` is no PCA, or `ax` no Axes.
    ValueError
        If `pca` is not fitted, or was fitted without variance.

    Notes
    -----
    Loadings are the entries of ``components_``, directions of length 1, so the squares of a column
    add up to 1. On features of different units they tell of the units: scale them first.

    Examples
    --------
    >>> import numpy as np, segpy as sp
    >>> X = np.array([[1.0, 2.0], [2.0, 4.1], [3.0, 5.9], [4.0, 8.0]])
    >>> ax = plot_pca(sp.PCA().fit(X))
    >>> ax.get_title(loc="left")
    'The first component holds 100.0% of the variance'
    """
    who = "plot_pca"
    shares, loadings, names = _read(who, pca)
    ax = style.axes(who, ax, (7.2, 4.6), style.BARE)
    inks = style.inks(ax)
    labels.title_first(ax, _title(shares, len(names)), inks)
    size = style.bare(ax)
    frame = _layout(size, shares, loadings, names)
    _scree(ax, frame, shares, inks)
    _grid(ax, frame, loadings, names, inks)
    _words(ax, frame, shares, len(names), inks)
    return ax


def _read(who: str, pca: Any) -> tuple[Floats, Floats, list[str]]:
    """Take the shares, the loadings by feature and component, and the names of the features."""
    if not hasattr(pca, "fit") or isinstance(pca, type):
        raise _checks.type_error(who, "'pca'", "a fitted PCA", pca)
    if not hasattr(pca, "components_") or not hasattr(pca, "explained_variance_ratio_"):
        advice = "Call fit(X) first."
        raise _checks.value_error(who, "'pca'", "a fitted PCA", _checks.shown(pca), advice)
    shares = np.asarray(pca.explained_variance_ratio_, dtype=np.float64)
    loadings = np.asarray(pca.components_, dtype=np.float64).T
    if len(shares) == 0 or not np.isfinite(shares).all():
        advice = "Fit it on rows that differ."
        raise _checks.value_error(who, "'pca'", "of some variance", "shares that say none", advice)
    given = getattr(pca, "feature_names_in_", None)
    names = [f"column {j}" for j in range(len(loadings))] if given is None else list(given)
    return shares, loadings, [labels.tidy(name) for name in names]


def _title(shares: Floats, n_features: int) -> str:
    """Say how few components tell most of it, or that no few do."""
    together = np.cumsum(shares)
    n = len(shares)
    k = int(np.searchsorted(together, _ENOUGH)) + 1
    if n_features > 1 and k >= n_features == n:
        return f"It takes all {n_features} components to hold {_ENOUGH:.0%} of the variance"
    if k > n:
        who = "This component holds" if n == 1 else f"These {n} components hold"
    else:
        who = "The first component holds" if k == 1 else f"The first {k} components hold"
    return f"{who} {style.share(float(together[min(k, n) - 1]))} of the variance"


@dataclass(frozen=True)
class _Frame:
    """Where everything stands, in points: columns are components, rows are features."""

    left: float  # room of the names
    wide: float  # width of a column
    components: int  # columns drawn
    features: tuple[int, ...]  # rows drawn, in the order of the table
    tall: float  # height of a row
    foot: float  # lower end of the loadings
    base: float  # where the bars stand
    top: float  # where the tallest bar ends


def _layout(
    size: tuple[float, float], shares: Floats, loadings: Floats, names: list[str]
) -> _Frame:
    """Choose how many components and features find room, and how much each has."""
    width, height = size
    longest = max(labels.width(name, 8.5) for name in [*names, _SHARES])
    left = min(longest + 10.0, 0.36 * width)
    least = labels.width("100.0%", labels.SMALLEST) + 5.0
    components = max(1, min(len(shares), int((width - left) // least)))
    wide = min(_WIDEST, (width - left) / components)
    heads = 2 * _TEXT + 4.0  # the names of the components, and what they hold together
    scree = max(30.0, 0.34 * height)
    free = height - heads - scree
    fit = int(free // _TEXT)
    cut = fit < len(names) or components < len(shares)
    free -= _TEXT if cut else 0.0
    fit = max(0, min(len(names), int(free // _TEXT)))
    weight = (loadings[:, :components] ** 2 * shares[:components]).sum(axis=1)
    heaviest = np.argsort(-weight, kind="stable")[:fit]
    tall = min(_HIGHEST, free / fit) if fit else 0.0
    foot = _TEXT if cut or fit < len(names) else 0.0
    base = foot + fit * tall + heads
    features = tuple(int(j) for j in np.sort(heaviest))
    return _Frame(left, wide, components, features, tall, foot, base, height - 12.0)


def _scree(ax: Axes, frame: _Frame, shares: Floats, inks: style.Inks) -> None:
    """Draw a bar a component, its share over it."""
    room = max(2.0, frame.top - frame.base)
    end = frame.left + frame.components * frame.wide
    for i in range(frame.components):
        x = frame.left + (i + 0.5) * frame.wide
        tall = room * float(shares[i] / shares.max())
        thick = min(0.62 * frame.wide, 44.0)
        bar = Rectangle((x - thick / 2, frame.base), thick, tall, facecolor=style.MAIN)
        bar.set_edgecolor("none")
        bar.set_gid(f"bar-{i}")
        ax.add_patch(bar)
        text = style.share(float(shares[i]))
        size = 9.0 if labels.width(text, 9.0) < frame.wide - 4.0 else labels.SMALLEST
        dress = style.words(inks.ink, size, bold=size > 8.0)
        ax.text(x, frame.base + tall + 3.0, text, ha="center", va="baseline", **dress)
    ax.plot([frame.left, end], [frame.base] * 2, color=inks.soft, linewidth=0.8, linestyle="-")


def _grid(ax: Axes, frame: _Frame, loadings: Floats, names: list[str], inks: style.Inks) -> None:
    """Draw the loadings: the deeper the colour the heavier, blue above zero, brown below."""
    up = frame.foot + len(frame.features) * frame.tall
    for row, j in enumerate(frame.features):
        y = up - (row + 1) * frame.tall
        name = labels.cut(names[j], frame.left - 8.0, 8.5)
        dress = style.words(inks.ink, 8.5)
        ax.text(0.0, y + frame.tall / 2, name, ha="left", va="center_baseline", **dress)
        for i in range(frame.components):
            value = float(loadings[j, i])
            fill = style.blend(_NONE, _PLUS if value > 0 else _MINUS, min(1.0, abs(value)))
            x = frame.left + i * frame.wide
            box = Rectangle((x + 1, y + 1), frame.wide - 2, frame.tall - 2, facecolor=fill)
            box.set_edgecolor("none")
            box.set_gid(f"loading-{j}-{i}")
            ax.add_patch(box)
            text = f"{abs(value):.2f}"
            text = f"\N{MINUS SIGN}{text}" if value < 0 and text != "0.00" else text
            ax.text(
                x + frame.wide / 2,
                y + frame.tall / 2,
                text,
                ha="center",
                va="center_baseline",
                **style.words(style.text_on(fill), 8.5 if frame.wide > 40 else labels.SMALLEST),
            )


def _words(ax: Axes, frame: _Frame, shares: Floats, n_features: int, inks: style.Inks) -> None:
    """Name the rows above the loadings, and sum up what found no room."""
    together = np.cumsum(shares)
    number, sums = frame.base - 0.6 * _TEXT - 1.0, frame.base - 1.6 * _TEXT - 1.0
    soft = style.words(inks.soft, 8.5)
    room = frame.left - 8.0
    for y, text in ((frame.base + 4.0, _SHARES), (number, "Component"), (sums, _SUMS)):
        ax.text(0.0, y, labels.cut(text, room, 8.5), ha="left", va="center_baseline", **soft)
    for i in range(frame.components):
        x = frame.left + (i + 0.5) * frame.wide
        dress = style.words(inks.soft, 8.5)
        ax.text(x, number, str(i + 1), ha="center", va="center_baseline", **dress)
        dress = style.words(inks.soft, labels.SMALLEST)
        text = style.share(float(together[i]))
        ax.text(x, sums, text, ha="center", va="center_baseline", **dress)
    rest = []
    if frame.components < len(shares):
        left = style.share(float(shares[frame.components :].sum()))
        more = len(shares) - frame.components
        rest.append(f"{more} more component{'s' if more > 1 else ''} ({left})")
    if len(frame.features) < n_features:
        more = n_features - len(frame.features)
        rest.append(f"{more} feature{'s' if more > 1 else ''} of smaller loadings")
    if rest:
        text = "Not drawn: " + " and ".join(rest)
        wide = style.points(ax)[0]
        dress = style.words(inks.soft, labels.SMALLEST)
        cut = labels.cut(text, wide, labels.SMALLEST)
        ax.text(0.0, 0.4 * _TEXT, cut, ha="left", va="center_baseline", **dress)
