"""Order lines with planted segments, and public data sets fetched once and checked.

This module stands on nobody but NumPy and pandas: what it makes is a raw export, as a shop's
system writes one, so that the rest of the package is tried on what it will meet. A data set that is
no table, baskets, is made through the front door as anybody would make it.
"""

from __future__ import annotations

import gzip
import hashlib
import http.client
import io
import os
import sys
import tempfile
import urllib.request
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np
import numpy.typing as npt
import pandas as pd

if TYPE_CHECKING:
    import segpy

__all__ = ["fetch_groceries", "fetch_mall_customers", "fetch_online_retail", "make_transactions"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

# ------------------------------------------------------------------------------ made order lines

_FIRST_DAY = np.datetime64("2024-01-02", "D")
_LAST_DAY = np.datetime64("2025-12-14", "D")
_DAYS = int((_LAST_DAY - _FIRST_DAY).astype(np.int64)) + 1


@dataclass(frozen=True)
class _Plant:
    """One planted segment: its share, and the middle and spread of what its customers do."""

    name: str
    share: float
    days: tuple[int, int]  # days from the last order to the last day: from, to
    orders: tuple[int, int]  # number of orders: fewest, most
    value: float  # median order value, in the currency of the export


# The shares are chosen so that quintiles of recency, frequency and money fall between the
# segments: a fifth of the customers is long gone, two fifths have ordered lately; two fifths
# ordered once, two fifths often. The ranges touch or overlap a little, as real segments do, and two
# segments come in two kinds.
_PLANTS = (
    _Plant("Champions", 0.20, (0, 60), (10, 22), 290.0),
    _Plant("Loyal", 0.16, (59, 120), (5, 11), 260.0),
    _Plant("Potential Loyalist", 0.12, (0, 60), (2, 5), 215.0),
    _Plant("New Customers", 0.08, (0, 60), (1, 1), 150.0),
    _Plant("New Customers", 0.04, (59, 120), (1, 1), 150.0),
    _Plant("At Risk", 0.04, (118, 220), (5, 11), 270.0),
    _Plant("Hibernating", 0.08, (118, 220), (2, 5), 215.0),
    _Plant("Hibernating", 0.08, (118, 220), (1, 1), 150.0),
    _Plant("Lost", 0.20, (215, 560), (1, 1), 150.0),
)
_WHOLESALE_SHARE = 0.04  # of the Champions: a dozen times the usual order value
_WHOLESALE_TIMES = 12.0
_GUEST_SHARE = 0.12  # orders without a customer, beside those of the customers
_RETURN_SHARE = 0.025  # lines that come back, all or in part, within a month
_ORPHAN_SHARE = 0.002  # returns of something bought before the export begins
_DUPLICATE_SHARE = 0.01  # lines that the export holds twice
_FREE_SHARE = 0.003  # stock corrections: no price, no customer, no description

# Orders a month beside an even year; weekdays from Monday, no orders on Saturdays.
_SEASON = np.array([0.7, 0.7, 0.85, 0.85, 0.95, 0.9, 0.85, 0.9, 1.15, 1.3, 1.75, 1.1])
_WEEK = np.array([1.0, 1.05, 1.05, 1.15, 0.9, 0.0, 0.55])

_HISTORY = (150, 800)  # days that a customer's orders may reach back from the last: from, to

_COUNTRIES = ("United Kingdom", "Germany", "France", "EIRE", "Spain", "Netherlands", "Belgium")
_COUNTRY_SHARES = np.array([0.86, 0.04, 0.035, 0.02, 0.015, 0.015, 0.015])

_FAMILIES = (
    "KITCHEN",
    "GARDEN",
    "PARTY",
    "CHRISTMAS",
    "BATHROOM",
    "NURSERY",
    "STATIONERY",
    "TRAVEL",
)
_STYLES = ("RED RETROSPOT", "VINTAGE", "PINK POLKADOT", "WOODEN", "BLUE STRIPED")
_THINGS = ("BOX", "MUG", "BAG", "CANDLE HOLDER", "HEART SIGN", "TIN")
_N_PRODUCTS = len(_FAMILIES) * len(_STYLES) * len(_THINGS)
_OWN_FAMILY = 0.65  # share of an order's lines from the family the order is about


@overload
def make_transactions(
    n_customers: int = ...,
    *,
    random_state: int | np.random.Generator | None = ...,
    return_segments: Literal[False] = ...,
) -> pd.DataFrame: ...


@overload
def make_transactions(
    n_customers: int = ...,
    *,
    random_state: int | np.random.Generator | None = ...,
    return_segments: Literal[True],
) -> tuple[pd.DataFrame, pd.Series]: ...


def make_transactions(
    n_customers: int = 2000,
    *,
    random_state: int | np.random.Generator | None = 0,
    return_segments: bool = False,
) -> pd.DataFrame | tuple[pd.DataFrame, pd.Series]:
    """Make two years of a gift shop's order lines with planted customer segments.

    The table looks like a raw export, with the dirt of one: returns (order ids ``C...`` with
    negative quantities, some of goods bought before the export begins), postage and manual
    lines, orders without a customer, exact duplicate lines, stock corrections without a price.
    The autumn is busy, Saturdays are closed, a few customers are wholesalers.

    Parameters
    ----------
    n_customers : int, default 2000
        Number of customers with an id, at least 1.
    random_state : int, Generator or None, default 0
        The same int gives the same table; None gives a new one each time.
    return_segments : bool, default False
        Also give the planted segment of each customer.

    Returns
    -------
    transactions : DataFrame
        One row a line, in order of time: ``InvoiceNo, StockCode, Description, Quantity,
        InvoiceDate, UnitPrice, CustomerID, Country``; about 31 rows a customer.
    segments : Series, only with ``return_segments=True``
        The planted segment, index ``customer`` (ascending ids): "Champions", "Loyal",
        "Potential Loyalist", "New Customers", "At Risk", "Hibernating" or "Lost".

    Raises
    ------
    TypeError, ValueError
        When an argument is not what it must be.

    Notes
    -----
    Each kind of customer has a range of days since the last order, a range of numbers of orders
    and a median order value; the shares are exact (largest remainders): 20 % Champions, 16 % Loyal,
    12 % Potential Loyalist, 12 % New Customers, 4 % At Risk, 16 % Hibernating, 20 % Lost. Time and
    memory grow with ``n_customers``.

    Examples
    --------
    >>> import segpy as sp
    >>> lines, planted = sp.datasets.make_transactions(200, return_segments=True)
    >>> list(lines.columns[:4])
    ['InvoiceNo', 'StockCode', 'Description', 'Quantity']
    >>> planted.value_counts().sort_index().head(3)
    segment
    At Risk         8
    Champions      40
    Hibernating    32
    Name: count, dtype: int64
    """
    rng = _generator("make_transactions", random_state)
    _count("make_transactions", "n_customers", n_customers)
    catalogue = _catalogue(rng)
    customers = _customers(int(n_customers), rng)
    orders = _orders(customers, rng)
    lines = _lines(orders, catalogue, rng)
    extra = [
        _postage(orders, rng),
        _returns(lines, rng),
        _orphans(customers, catalogue, len(lines), rng),
        _corrections(catalogue, len(lines), rng),
    ]
    every = pd.concat([lines, *(part for part in extra if len(part))], ignore_index=True)
    table = _export(every, customers, catalogue, rng)
    if not return_segments:
        return table
    names = np.array([plant.name for plant in _PLANTS])
    index = pd.Index(customers["id"].to_numpy(), name="customer")
    return table, pd.Series(names[customers["plant"]], index=index, name="segment").sort_index()


def _customers(n: int, rng: np.random.Generator) -> pd.DataFrame:
    """Deal the segments out in exact shares; ids, countries and habits go with them."""
    exact = np.array([plant.share for plant in _PLANTS]) * n
    sizes = np.floor(exact).astype(np.int64)
    sizes[np.argsort(sizes - exact, kind="stable")[: n - sizes.sum()]] += 1
    plant = rng.permutation(np.repeat(np.arange(len(_PLANTS)), sizes))
    low, high = (np.array([p.days[i] for p in _PLANTS])[plant] for i in (0, 1))
    # The nearer a day, the more have ordered last on it; the last month must not look empty.
    gone = low + (rng.random(n) ** 1.6 * (high - low + 1)).astype(np.int64)
    gone += _WEEK[_weekday(_DAYS - 1 - gone)] == 0.0  # nobody orders on a closed day
    few, many = (np.array([p.orders[i] for p in _PLANTS])[plant] for i in (0, 1))
    value = np.array([p.value for p in _PLANTS])[plant] * np.exp(0.22 * rng.standard_normal(n))
    wholesale = (plant == 0) & (rng.random(n) < _WHOLESALE_SHARE)
    return pd.DataFrame(
        {
            "id": rng.permutation(n) + 12001,
            "plant": plant,
            "gone": gone,
            "orders": few + (rng.random(n) * (many - few + 1)).astype(np.int64),
            "value": np.where(wholesale, value * _WHOLESALE_TIMES, value),
            "country": _choose(_COUNTRY_SHARES, n, rng),
        }
    )


def _orders(customers: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Give every customer its orders: the last on its day, the others in the season before."""
    who = np.repeat(np.arange(len(customers)), customers["orders"])
    last = (_DAYS - 1 - customers["gone"].to_numpy())[who]
    newest = np.ones(len(who), dtype=bool)
    newest[1:] = who[1:] != who[:-1]
    span = _HISTORY[0] + rng.random(len(customers)) * (_HISTORY[1] - _HISTORY[0])
    reach = np.maximum(last - span.astype(np.int64)[who], 0)
    day = np.where(newest, last, _open_days(reach, last, rng))
    n_guests = int(len(who) * _GUEST_SHARE)
    ends = np.zeros(n_guests, dtype=np.int64), np.full(n_guests, _DAYS)
    day = np.concatenate([day, _open_days(*ends, rng)])
    n = len(day)
    value = np.concatenate([customers["value"].to_numpy()[who], np.full(n_guests, 120.0)])
    home = np.concatenate([customers["country"].to_numpy()[who], np.zeros(n_guests, np.int64)])
    clock = np.clip(765 + 135 * rng.standard_normal(n), 420, 1200).astype(np.int64)
    return pd.DataFrame(
        {
            "customer": np.concatenate([who, np.full(n_guests, -1)]),
            "minute": day * 1440 + clock,
            "value": value * np.exp(0.18 * rng.standard_normal(n)),
            "country": home,
            "family": (rng.random(n) * len(_FAMILIES)).astype(np.int64),
        }
    )


def _lines(orders: pd.DataFrame, catalogue: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Fill the orders with lines: as many pieces of each product as the order value asks for."""
    size = 1 + np.minimum(rng.geometric(0.28, len(orders)), 14)
    order = np.repeat(np.arange(len(orders)), size)
    n = len(order)
    within = _N_PRODUCTS // len(_FAMILIES)
    own = rng.random(n) < _OWN_FAMILY
    strange = (rng.random(n) * len(_FAMILIES)).astype(np.int64)
    family = np.where(own, orders["family"].to_numpy()[order], strange)
    # Squaring a uniform number makes the first products of a family the popular ones.
    product = family * within + (within * rng.random(n) ** 2).astype(np.int64)
    price = catalogue["price"].to_numpy()[product]
    part = rng.random(n) + 0.5
    whole = np.bincount(order, weights=part, minlength=len(orders))
    target = orders["value"].to_numpy()[order] * part / whole[order]
    return pd.DataFrame(
        {
            "order": order,
            "customer": orders["customer"].to_numpy()[order],
            "minute": orders["minute"].to_numpy()[order],
            "country": orders["country"].to_numpy()[order],
            "product": product,
            "quantity": np.maximum(np.round(target / price), 1.0).astype(np.int64),
            "price": price,
        }
    )


def _postage(orders: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Charge postage on most orders from abroad and a manual line on a few of the others."""
    draw = rng.random(len(orders))
    abroad = orders["country"].to_numpy() > 0
    post = abroad & (draw < 0.7)
    manual = ~abroad & (draw < 0.004)
    order = np.flatnonzero(post | manual)
    taken = orders.iloc[order]
    return pd.DataFrame(
        {
            "order": order,
            "customer": taken["customer"].to_numpy(),
            "minute": taken["minute"].to_numpy(),
            "country": taken["country"].to_numpy(),
            "product": np.where(post[order], _N_PRODUCTS, _N_PRODUCTS + 1),
            "quantity": np.ones(len(order), dtype=np.int64),
            "price": np.where(post[order], 18.0, np.round(2 + 20 * rng.random(len(order)), 2)),
        }
    )


def _returns(lines: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Send some lines back, whole or in part, one to thirty days later but within the export."""
    back = (lines["customer"].to_numpy() >= 0) & (rng.random(len(lines)) < _RETURN_SHARE)
    taken = lines[back].reset_index(drop=True)
    n = len(taken)
    whole = rng.random(n) < 0.6
    bought = taken["quantity"].to_numpy()
    part = np.maximum((bought * rng.random(n)).astype(np.int64), 1)
    later = taken["minute"].to_numpy() + (1440 * (1 + 29 * rng.random(n))).astype(np.int64)
    # The lines one order sends back within a month go on one note, at its first line's time.
    taken["quantity"] = -np.where(whole, bought, part)
    taken["minute"] = later
    taken["minute"] = taken.groupby("order")["minute"].transform("min")
    taken["minute"] += 1440 * (_WEEK[_weekday(taken["minute"].to_numpy() // 1440)] == 0.0)
    taken["order"] = -1 - taken["order"]
    return taken[taken["minute"] < _DAYS * 1440 - 240]


def _orphans(
    customers: pd.DataFrame, catalogue: pd.DataFrame, n_lines: int, rng: np.random.Generator
) -> pd.DataFrame:
    """Return in the first weeks what was bought before the export begins."""
    n = int(n_lines * _ORPHAN_SHARE)
    old = np.flatnonzero(customers["orders"].to_numpy() > 1)
    n = n if len(old) else 0
    who = old[(rng.random(n) * len(old)).astype(np.int64)]
    product = (rng.random(n) * _N_PRODUCTS).astype(np.int64)
    return pd.DataFrame(
        {
            "order": -1_000_000_000 - np.arange(n),
            "customer": who,
            "minute": _open_days(np.zeros(n, np.int64), np.full(n, 21), rng) * 1440 + 600,
            "country": customers["country"].to_numpy()[who],
            "product": product,
            "quantity": -1 - (rng.random(n) * 3).astype(np.int64),
            "price": catalogue["price"].to_numpy()[product],
        }
    )


def _corrections(catalogue: pd.DataFrame, n_lines: int, rng: np.random.Generator) -> pd.DataFrame:
    """Book stock in or out at no price, for nobody, each under a number of its own."""
    n = int(n_lines * _FREE_SHARE)
    return pd.DataFrame(
        {
            "order": 1_000_000_000 + np.arange(n),
            "customer": np.full(n, -1),
            "minute": _open_days(np.zeros(n, np.int64), np.full(n, _DAYS), rng) * 1440 + 960,
            "country": np.zeros(n, dtype=np.int64),
            "product": (rng.random(n) * _N_PRODUCTS).astype(np.int64),
            "quantity": np.round(20 * rng.standard_normal(n)).astype(np.int64) * 2 + 1,
            "price": np.zeros(n),
        }
    )


def _export(
    lines: pd.DataFrame,
    customers: pd.DataFrame,
    catalogue: pd.DataFrame,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Put the lines in order of time, number the orders, repeat some lines, name the columns."""
    lines = lines.sort_values(["minute", "order"], kind="stable", ignore_index=True)
    number = pd.factorize(lines["order"])[0] + 500001
    back = (lines["order"].to_numpy() < 0) & (lines["quantity"].to_numpy() < 0)
    who = lines["customer"].to_numpy()
    product = lines["product"].to_numpy()
    code = np.append(catalogue["code"].to_numpy(), ["POST", "M"]).astype(object)
    name = np.append(catalogue["name"].to_numpy(), ["POSTAGE", "Manual"]).astype(object)
    free = lines["price"].to_numpy() == 0.0
    text = pd.Series(number).astype(str)
    ids = customers["id"].to_numpy()[who]
    table = pd.DataFrame(
        {
            "InvoiceNo": ("C" + text).where(back, text),
            "StockCode": code[product],
            "Description": pd.Series(name[product]).where(~free),
            "Quantity": lines["quantity"],
            "InvoiceDate": (
                _FIRST_DAY.astype("datetime64[s]") + lines["minute"].to_numpy() * np.int64(60)
            ),
            "UnitPrice": lines["price"],
            "CustomerID": pd.array(np.where(who < 0, 0, ids), dtype="Int64"),
            "Country": np.array(_COUNTRIES, dtype=object)[lines["country"]],
        }
    )
    table.loc[who < 0, "CustomerID"] = pd.NA
    times = 1 + (rng.random(len(table)) < _DUPLICATE_SHARE)
    return table.loc[np.repeat(table.index.to_numpy(), times)].reset_index(drop=True)


def _catalogue(rng: np.random.Generator) -> pd.DataFrame:
    """List the products, family by family: code, name, price; every family its own order."""
    name = np.array([f"{f} {s} {t}" for f in _FAMILIES for s in _STYLES for t in _THINGS])
    within = _N_PRODUCTS // len(_FAMILIES)
    places = [f * within + rng.permutation(within) for f in range(len(_FAMILIES))]
    letter = np.array(["", "A", "B"])[(rng.random(_N_PRODUCTS) * 3).astype(np.int64)]
    code = np.char.add((20001 + 7 * np.arange(_N_PRODUCTS)).astype(str), letter)
    price = np.round(np.exp(0.9 + 0.6 * rng.standard_normal(_N_PRODUCTS)) * 10) / 10 - 0.05
    price = np.round(price, 2)  # 2.15, and not 2.1500000000000004 as the difference leaves it
    return pd.DataFrame(
        {"code": code, "name": name[np.concatenate(places)], "price": np.maximum(price, 0.25)}
    )


def _weekday(day: Ints) -> Ints:
    """Give the weekday of days counted from the first one, Monday 0."""
    monday = int(_FIRST_DAY.astype(np.int64)) + 3  # 1970-01-01 was a Thursday
    return np.asarray((day + monday) % 7, dtype=np.int64)


def _open_days(first: Ints, stop: Ints, rng: np.random.Generator) -> Ints:
    """Draw a day in [first, stop) each, by the weights of months and weekdays."""
    month = (_FIRST_DAY + np.arange(_DAYS)).astype("datetime64[M]").astype(np.int64) % 12
    weight = _SEASON[month] * _WEEK[_weekday(np.arange(_DAYS))]
    # A place on the cumulated weights between both ends is a day with that day's weight.
    cumulated = np.concatenate([[0.0], np.cumsum(weight)])
    place = cumulated[first] + rng.random(len(first)) * (cumulated[stop] - cumulated[first])
    return np.asarray(np.searchsorted(cumulated, place, side="right") - 1, dtype=np.int64)


def _choose(shares: Floats, n: int, rng: np.random.Generator) -> Ints:
    """Draw n numbers 0, 1, ... with these shares."""
    return np.searchsorted(np.cumsum(shares)[:-1], rng.random(n), side="right").astype(np.int64)


def _generator(who: str, random_state: object) -> np.random.Generator:
    """Make the generator; the same int makes the same numbers."""
    if isinstance(random_state, np.random.Generator):
        return random_state
    whole = isinstance(random_state, int | np.integer) and not isinstance(random_state, bool)
    if random_state is not None and not whole:
        raise TypeError(
            f"{who}: 'random_state' must be an int >= 0, a numpy Generator or None; got "
            f"{type(random_state).__name__} {random_state!r}."
        )
    if random_state is None:
        return np.random.default_rng()
    seed = int(random_state)  # type: ignore[call-overload]
    if seed < 0:
        raise ValueError(f"{who}: 'random_state' must be an int >= 0; got {seed}.")
    return np.random.Generator(np.random.PCG64(seed))


def _count(who: str, name: str, value: object) -> None:
    """Raise unless the value is an int of at least 1."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(
            f"{who}: '{name}' must be an int >= 1; got {type(value).__name__} {value!r}."
        )
    if value < 1:
        raise ValueError(f"{who}: '{name}' must be an int >= 1; got {value}.")


# ------------------------------------------------------------------------------ public data sets


@dataclass(frozen=True)
class _Source:
    """Where a data set is to be had, and how the plain CSV is known to be the right one."""

    file: str
    address: str
    home: str
    sha256: str  # of the plain CSV, whichever way it came


_RAW = "https://raw.githubusercontent.com/"
# An address may follow a branch: the hash is the pin, and a file that changed there is refused.
_SOURCES = {
    "fetch_online_retail": _Source(
        "online_retail.csv",
        _RAW + "databricks/Spark-The-Definitive-Guide/master/"
        "data/retail-data/all/online-retail-dataset.csv",
        "UCI Machine Learning Repository, data set 352 (CC BY 4.0)",
        "a2f79bbdd4463df6db8a3f5a50b9c980ae8f645a370bf5e2c0d6097f9e817b05",
    ),
    "fetch_mall_customers": _Source(
        "Mall_Customers.csv",
        _RAW + "tirthajyoti/Machine-Learning-with-Python/"
        "ef6b231e272e85a82366e618739324c4698592d6/Datasets/Mall_Customers.csv",
        "Kaggle, 'Mall Customer Segmentation Data'",
        "416a4f62a8f33841a16e1db5297f0e05d3b65b05e73632cedae58e739e1e1f77",
    ),
    "fetch_groceries": _Source(
        "groceries.csv",
        _RAW + "stedy/Machine-Learning-with-R-datasets/"
        "9a8371e95098f3048c5540646b9fb96c7571b110/groceries.csv",
        "R package arules, data set 'Groceries' (GPL-3)",
        "ff1be892fd6b9b57d1a7bc50de067798963dda607619645988b21789bf23ae3b",
    ),
}
_TIMEOUT = 60.0  # seconds without an answer


def fetch_online_retail() -> pd.DataFrame:
    """Fetch UCI "Online Retail": a year of order lines of a British gift shop, as exported.

    Returns
    -------
    DataFrame
        541,909 rows, 2010-12-01 to 2011-12-09: ``InvoiceNo, StockCode, Description, Quantity,
        InvoiceDate`` (datetime64), ``UnitPrice`` (pounds), ``CustomerID`` (Int64, 135,080
        missing), ``Country``.

    Raises
    ------
    FileNotFoundError
        When the file is neither in the folder named by the environment variable
        ``SEGPY_DATA`` nor in the cache and cannot be fetched; the message says where to get it.
    ValueError
        When a file is there but is not the data set (its SHA-256 differs).

    Notes
    -----
    Looked up as ``online_retail.csv`` or ``online_retail.csv.gz`` in ``SEGPY_DATA``, then in the
    user's cache folder, then fetched once (45 MB). The address follows its repository's branch, no
    commit being known to hold the file; the SHA-256 alone pins the content, so a changed file there
    is refused and a moved one is an error.

    References
    ----------
    D. Chen (2015), Online Retail, UCI Machine Learning Repository, doi:10.24432/C5BW33.
    """
    text = {"InvoiceNo": "str", "StockCode": "str", "Description": "str", "Country": "str"}
    table = pd.read_csv(
        io.BytesIO(_fetch("fetch_online_retail")),
        dtype={**text, "Quantity": "int64", "CustomerID": "Int64"},
        encoding="utf-8",
        converters={"UnitPrice": float},  # the nearest double, which old pandas may miss
        # Only an empty field is missing: a description may well be the word "NA".
        keep_default_na=False,
        na_values=[""],
    )
    table["InvoiceDate"] = pd.to_datetime(table["InvoiceDate"], format="%m/%d/%Y %H:%M")
    return table


def fetch_mall_customers() -> pd.DataFrame:
    """Fetch the mall customers, the usual table for a first clustering.

    Returns
    -------
    DataFrame
        200 rows: ``CustomerID, Gender, Age, Annual Income (k$), Spending Score (1-100)``.

    Raises
    ------
    FileNotFoundError, ValueError
        As `fetch_online_retail`; the file is ``Mall_Customers.csv``.
    """
    return pd.read_csv(io.BytesIO(_fetch("fetch_mall_customers")))


def fetch_groceries() -> segpy.Baskets:
    """Fetch "Groceries": a month of a grocer's till, the usual baskets for a first set of rules.

    Returns
    -------
    Baskets
        9,835 baskets of 169 items, 43,367 occurrences; "whole milk" is in 2,513. Blanks around a
        name are not part of it.

    Raises
    ------
    FileNotFoundError, ValueError
        As `fetch_online_retail`; the file is ``groceries.csv``, a basket a line.

    References
    ----------
    M. Hahsler, K. Hornik, T. Reutterer (2006), Implications of probabilistic data modeling for
    mining association rules, doi:10.1007/3-540-31314-1_73.
    """
    import segpy

    text = _fetch("fetch_groceries").decode("ascii")
    lines = [[item.strip() for item in line.split(",")] for line in text.splitlines()]
    return segpy.Baskets.from_lists(lines)


def _fetch(who: str) -> bytes:
    """Give the plain CSV: from SEGPY_DATA, else the cache, else the pinned address."""
    source = _SOURCES[who]
    folder = os.environ.get("SEGPY_DATA")
    if folder:
        for path in (Path(folder, source.file), Path(folder, source.file + ".gz")):
            if path.is_file():
                return _checked(who, _plain(path), str(path))
    kept = _cache_folder() / source.file
    if kept.is_file():
        plain = kept.read_bytes()
        if hashlib.sha256(plain).hexdigest() == source.sha256:
            return plain
        # A damaged copy in our own cache is ours to fetch again.
    return _checked(who, _download(who, source, kept), source.address)


def _download(who: str, source: _Source, kept: Path) -> bytes:
    """Fetch the file and keep it whole or not at all; a cache that cannot be written is no loss."""
    try:
        with urllib.request.urlopen(source.address, timeout=_TIMEOUT) as answer:
            plain = bytes(answer.read())
    except (OSError, http.client.HTTPException) as error:
        raise FileNotFoundError(
            f"{who}: {source.file!r} must be in the folder named by SEGPY_DATA, in "
            f"{str(kept.parent)!r} or within reach; got {_reason(error)} from {source.address}. "
            f"Put the file (or {source.file + '.gz'!r}) into a folder and name that folder in "
            f"SEGPY_DATA; it is from the {source.home}; its SHA-256 is {source.sha256}."
        ) from error
    if hashlib.sha256(plain).hexdigest() == source.sha256:
        _keep(plain, kept)
    return plain


def _keep(plain: bytes, kept: Path) -> None:
    """Write a file to the cache under another name first, so that no half file is ever read."""
    part = None
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=kept.parent, delete=False) as file:
            part = Path(file.name)
            file.write(plain)
        part.replace(kept)
    except OSError:
        if part is not None:
            part.unlink(missing_ok=True)


def _checked(who: str, plain: bytes, place: str) -> bytes:
    """Raise unless these bytes are the data set."""
    wanted, found = _SOURCES[who].sha256, hashlib.sha256(plain).hexdigest()
    if found != wanted:
        raise ValueError(
            f"{who}: {place!r} must be the whole data set, SHA-256 {wanted}; got {len(plain):,} "
            f"bytes with SHA-256 {found}. Copies in circulation are often cut or converted; take "
            f"the one at {_SOURCES[who].address}."
        )
    return plain


def _plain(path: Path) -> bytes:
    """Read a file, unpacked if it is packed; a broken packing reads as the bytes it is."""
    raw = path.read_bytes()
    if path.suffix != ".gz":
        return raw
    try:
        return gzip.decompress(raw)
    except (OSError, EOFError, zlib.error):
        return raw


def _reason(error: Exception) -> str:
    """Say in a few words what went wrong on the way."""
    reason: Any = getattr(error, "reason", None)
    return f"{type(error).__name__} ({reason if reason is not None else error})"


def _cache_folder() -> Path:
    """Name the folder for fetched files, where this system keeps a user's caches."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or str(Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = str(Path.home() / "Library" / "Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "segpy"
