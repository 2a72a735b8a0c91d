"""Baskets: which items were bought together, as flat arrays."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from segpy import _checks, _core
from segpy.basket import linetables, listings, tables
from segpy.basket.names import Names

_Counted = tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]]


def baskets(
    tx: Any,
    *,
    item: str = "product",
    label: str | None = "description",
    order: str = "order",
    non_products: str = "drop",
) -> Baskets:
    """Make baskets from order lines.

    Parameters
    ----------
    tx : DataFrame (pandas, polars or pyarrow)
        A row a line, as `read_transactions` gives them; cleaned or not. Lines without an order or
        without an item count for nothing; a return is a line like any other, so clean first.
    item : str, default "product"
        Column that is counted.
    label : str or None, default "description"
        Column an item is shown by: its most frequent label, ties by alphabet; two items with one
        label are told apart by their ids behind it. None shows the item itself, as does a table
        without descriptions.
    order : str, default "order"
        Column whose equal values make a basket; "customer" makes a basket a customer.
    non_products : {"drop", "keep"}, default "drop"
        Lines of postage, fees, corrections and the like, by ``is_product`` where the table has it.

    Returns
    -------
    Baskets
        A basket an order, ``orders`` sorted. An order that holds nothing but what was dropped is no
        basket.

    Raises
    ------
    ValueError
        A column is missing, or an option is none of its words.
    TypeError
        `tx` is no table, or a column holds no ids.

    Notes
    -----
    Codes and baskets are made in C in linear time; no matrix of orders by items is ever made. The
    order of lines does not matter, and an item repeated in an order counts once.

    Examples
    --------
    >>> import pandas as pd, segpy as sp
    >>> tx = pd.DataFrame({
    ...     "order": [1, 1, 2, 2, 2, 3],
    ...     "product": ["A", "B", "A", "B", "POST", "B"],
    ...     "description": ["tea", "cup", "tea", "cup", "postage", "cup"],
    ... })
    >>> found = sp.baskets(tx)
    >>> found.items, found.item_counts.tolist()
    (['cup', 'tea'], [3, 2])
    """
    lines = linetables.read(tx, item, label, order, non_products)
    counted = _core.baskets_of_lines(
        lines.orders.codes, lines.items.codes, lines.orders.count, lines.items.count, None
    )
    ids = lines.items.ids.tolist()
    return Baskets._of(counted, lines.labels(ids), ids=ids, orders=lines.orders.ids)


class Baskets:
    """Baskets as flat arrays: what `Apriori`, `pair_counts` and `RuleRecommender` read.

    Made by `baskets` and by the ``from_`` methods. Items are numbered by *position*: position 0 is
    in most baskets; of items in equally many baskets the one that comes first among the caller's
    items stands first (of lists, files and order lines: by name). Repeated items of a basket count
    once, and an empty basket is a basket.

    Attributes
    ----------
    n_baskets, n_items : int
        Empty baskets and items of no basket are among them.
    n_empty : int
        Baskets that hold nothing.
    items : list
        Names as they are shown, by position.
    ids : list
        What was counted, by position; differs from `items` where order lines have labels.
    item_counts : ndarray of int64, shape (n_items,)
        Baskets that hold the item; descends.
    sizes : ndarray of int64, shape (n_baskets,)
        Distinct items of each basket.
    density : float
        Share of all pairs of basket and item that occur.
    indptr, indices : ndarray of int64, shape (n_baskets + 1,); of int32, shape (occurrences,)
        Basket b holds positions ``indices[indptr[b]:indptr[b + 1]]``, ascending. Read-only.
    orders : Index
        What each basket is: the order's id, else a running number.

    Examples
    --------
    >>> import segpy as sp
    >>> found = sp.Baskets.from_lists([["tea", "cup"], ["cup", "cup"], []])
    >>> found
    Baskets: 3 baskets (1 of them empty), 2 items, 3 occurrences
    >>> found.items, found.item_counts.tolist(), found.sizes.tolist()
    (['cup', 'tea'], [2, 1], [2, 1, 0])
    """

    def __init__(self) -> None:
        raise TypeError(
            _checks.sentence(
                "Baskets",
                "baskets",
                "made by baskets(tx) or by Baskets.from_lists, from_file, from_onehot, "
                "from_sparse or from_codes",
                "Baskets()",
            )
        )

    indptr: NDArray[np.int64]
    indices: NDArray[np.int32]
    item_counts: NDArray[np.int64]
    items: list[Any]
    ids: list[Any]
    orders: pd.Index[Any]

    @classmethod
    def _of(
        cls,
        counted: _Counted,
        items: Sequence[Any],
        *,
        ids: Sequence[Any] | None = None,
        orders: pd.Index[Any] | None = None,
    ) -> Baskets:
        """Put together what the kernel made of codes; items and ids are by code."""
        self = cls.__new__(cls)
        self.indptr, self.indices, code, self.item_counts = counted
        for array in (self.indptr, self.indices, self.item_counts):
            array.flags.writeable = False
        by_position = code.tolist()
        self.items = list(map(items.__getitem__, by_position))
        self.ids = self.items if ids is None else list(map(ids.__getitem__, by_position))
        self.orders = pd.RangeIndex(self.n_baskets) if orders is None else orders
        return self

    @classmethod
    def from_lists(cls, lists: Iterable[Iterable[Hashable]]) -> Baskets:
        """Make baskets from a list (tuple, set, array) of items each.

        Parameters
        ----------
        lists : iterable of iterables
            Items may be of any hashable kind, also mixed; equal ones (1 and 1.0) are one item. A
            missing item (None, NaN, NaT, NA) counts for nothing.

        Returns
        -------
        Baskets

        Raises
        ------
        TypeError
            A basket is no collection (a string is none), or an item is not hashable; the basket is
            named.

        Examples
        --------
        >>> import segpy as sp
        >>> sp.Baskets.from_lists([["b", "a"], ("b",)]).items
        ['b', 'a']
        """
        return cls._of(*listings.counted("Baskets.from_lists", lists))

    @classmethod
    def from_file(cls, path: str | Path, sep: str = ",", *, encoding: str = "utf-8-sig") -> Baskets:
        r"""Make baskets from a text file of a basket a line.

        Parameters
        ----------
        path : str or Path
            May be packed (.gz, .bz2, .xz).
        sep : str, default ","
            Between items; " " takes any number of blanks and tabs. Blanks around a name are not
            part of it, a name in double quotes may hold the separator, and nothing between two
            separators is no item. A line without items is an empty basket.
        encoding : str, default "utf-8-sig"

        Returns
        -------
        Baskets

        Raises
        ------
        ValueError
            The file is not text in this encoding, or the separator is empty.
        OSError
            The file cannot be read.

        Examples
        --------
        >>> import pathlib, tempfile, segpy as sp
        >>> path = pathlib.Path(tempfile.mkdtemp(), "baskets.csv")
        >>> _ = path.write_text("cup,tea\ncup\n")
        >>> sp.Baskets.from_file(path).item_counts.tolist()
        [2, 1]
        """
        rows = listings.read_file("Baskets.from_file", path, sep, encoding)
        return cls._of(*listings.counted("Baskets.from_file", rows))

    @classmethod
    def from_onehot(cls, frame: Any) -> Baskets:
        """Make baskets from a table of a row a basket and a column an item.

        Parameters
        ----------
        frame : DataFrame (pandas, polars or pyarrow) or two-dimensional array
            bool, or numbers that are 0 or 1; dense in any memory layout or pandas' sparse columns.

        Returns
        -------
        Baskets
            Named by the columns; `orders` is the table's index.

        Raises
        ------
        ValueError
            A value is neither 0 nor 1 (column and first row are named), or a column name is there
            twice.
        TypeError
            A column holds no numbers.

        Examples
        --------
        >>> import pandas as pd, segpy as sp
        >>> frame = pd.DataFrame({"tea": [True, False], "cup": [True, True]})
        >>> sp.Baskets.from_onehot(frame).items
        ['cup', 'tea']
        """
        found = tables.onehot("Baskets.from_onehot", frame)
        return cls._of(found.counted(), found.items, orders=found.rows_of)

    @classmethod
    def from_sparse(cls, matrix: Any, items: Iterable[Hashable] | None = None) -> Baskets:
        """Make baskets from a sparse matrix of a row a basket and a column an item.

        Parameters
        ----------
        matrix : scipy sparse matrix or array, any format
            Stored values must be 0 or 1.
        items : iterable, optional
            A name for each column; default the columns' numbers.

        Returns
        -------
        Baskets

        Raises
        ------
        ValueError
            A stored value is neither 0 nor 1, names are too few, too many or there twice.
        TypeError
            `matrix` is not sparse.

        Examples
        --------
        >>> import scipy.sparse, segpy as sp
        >>> matrix = scipy.sparse.csr_array([[1, 1], [0, 1]])
        >>> sp.Baskets.from_sparse(matrix, ["tea", "cup"]).items
        ['cup', 'tea']
        """
        found = tables.sparse("Baskets.from_sparse", matrix, items)
        return cls._of(found.counted(), found.items)

    @classmethod
    def from_codes(
        cls,
        order_codes: ArrayLike,
        item_codes: ArrayLike,
        items: Iterable[Hashable],
        *,
        n_baskets: int | None = None,
    ) -> Baskets:
        """Make baskets from two arrays: the basket and the item of each line.

        Parameters
        ----------
        order_codes : array of int, shape (n,)
            0 and up; -1 marks a line that counts for nothing.
        item_codes : array of int, shape (n,)
            Places in `items`; -1 marks a missing item.
        items : iterable
            The names.
        n_baskets : int, optional
            How many baskets there are; default one more than the highest code.

        Returns
        -------
        Baskets
            Basket b is the order of code b.

        Raises
        ------
        ValueError
            The arrays differ in length, a code is out of range (its row is named), a name is there
            twice.
        TypeError
            The arrays hold no integers.

        Examples
        --------
        >>> import segpy as sp
        >>> found = sp.Baskets.from_codes([0, 0, 1], [1, 0, 1], ["tea", "cup"])
        >>> found.items, found.item_counts.tolist()
        (['cup', 'tea'], [2, 1])
        """
        names = tables.names_of("Baskets.from_codes", items)
        who = "Baskets.from_codes"
        counted = tables.count_codes(who, order_codes, item_codes, len(names), n_baskets)
        return cls._of(counted, names)

    @property
    def n_baskets(self) -> int:
        """How many baskets there are, empty ones included."""
        return len(self.indptr) - 1

    @property
    def n_items(self) -> int:
        """How many items there are."""
        return len(self.items)

    @cached_property
    def sizes(self) -> NDArray[np.int64]:
        """The number of distinct items of each basket."""
        return np.diff(self.indptr)

    @cached_property
    def n_empty(self) -> int:
        """How many baskets hold nothing."""
        return int((self.sizes == 0).sum())

    @property
    def density(self) -> float:
        """The share of all pairs of basket and item that occur; NaN where there are none."""
        cells = self.n_baskets * self.n_items
        return len(self.indices) / cells if cells else float("nan")

    def positions(self, names: Any) -> NDArray[np.int32]:
        """Give the position of each name, -1 where it is none of the items.

        Parameters
        ----------
        names : item or list of items
            Shown names or, where labels differ, ids.

        Returns
        -------
        ndarray of int32

        Examples
        --------
        >>> import segpy as sp
        >>> sp.Baskets.from_lists([["b", "a"], ["b"]]).positions(["a", "c"]).tolist()
        [1, -1]
        """
        places = self._names.place
        return np.array([places.get(name, -1) for name in self._names.several(names)], np.int32)

    @cached_property
    def _names(self) -> Names:
        return Names(self)

    def __len__(self) -> int:
        return self.n_baskets

    def __repr__(self) -> str:
        empty = f" ({self.n_empty:,} of them empty)" if self.n_empty else ""
        return (
            f"Baskets: {self.n_baskets:,} baskets{empty}, {self.n_items:,} items, "
            f"{len(self.indices):,} occurrences"
        )


def as_baskets(who: str, data: Any) -> Baskets:
    """Give anything that holds baskets as Baskets."""
    if isinstance(data, Baskets):
        return data
    kind = tables.kind_of(data)
    if kind == "lines":
        return baskets(data)
    if kind == "table":
        found = tables.onehot(who, data)
        return Baskets._of(found.counted(), found.items, orders=found.rows_of)
    if kind == "sparse":
        found = tables.sparse(who, data, None)
        return Baskets._of(found.counted(), found.items)
    if isinstance(data, str | bytes | Path) or not isinstance(data, Iterable):
        allowed = "Baskets, lists of items, order lines, a one-hot table or a sparse matrix"
        raise _checks.type_error(
            who, "the baskets", allowed, data, "Read a file with Baskets.from_file."
        )
    orders = data.index if isinstance(data, pd.Series) else None
    return Baskets._of(*listings.counted(who, data), orders=orders)
