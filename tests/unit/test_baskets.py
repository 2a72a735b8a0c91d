"""Baskets: every input, labels, what is no product, wrong data."""

from __future__ import annotations

import gzip

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse

import segpy as sp

LINES = pd.DataFrame(
    {
        "customer": [1, 1, 2, 2, 2, 3, 3],
        "order": ["o1", "o1", "o2", "o2", "o2", "o3", "o3"],
        "product": ["A", "B", "A", "B", "POST", "B", "B"],
        "description": ["tea", "cup", "tea", "CUP", "postage", "cup", "cup"],
    }
)


def test_order_lines():
    found = sp.baskets(LINES)
    assert found.items == ["cup", "tea"]
    assert found.ids == ["B", "A"]
    assert found.item_counts.tolist() == [3, 2]
    assert found.orders.tolist() == ["o1", "o2", "o3"]
    assert found.indptr.tolist() == [0, 2, 4, 5]
    assert found.indices.tolist() == [0, 1, 0, 1, 0]
    assert found.sizes.tolist() == [2, 2, 1]
    assert found.density == pytest.approx(5 / 6)
    assert sp.baskets(LINES, label=None).items == ["B", "A"]
    assert sp.baskets(LINES, non_products="keep").n_items == 3
    assert sp.baskets(LINES, order="customer").orders.tolist() == [1, 2, 3]
    assert sp.baskets(LINES, item="description", label=None).items == ["cup", "tea", "CUP"]
    assert sp.baskets(pl.from_pandas(LINES)).items == ["cup", "tea"]


def test_lines_in_any_order_and_the_callers_table_unchanged():
    before = LINES.copy()
    found = sp.baskets(LINES.sample(frac=1, random_state=1))
    assert found.items == ["cup", "tea"]
    assert found.indices.tolist() == [0, 1, 0, 1, 0]
    pd.testing.assert_frame_equal(LINES, before)


def test_items_with_one_label_are_told_apart():
    lines = pd.DataFrame(
        {"order": [1, 1, 2], "product": ["A", "a", "C"], "description": ["tea", "tea", None]}
    )
    assert sp.baskets(lines).items == ["tea (A)", "C", "tea (a)"]


def test_the_most_frequent_label_wins_and_ties_go_by_alphabet():
    lines = pd.DataFrame(
        {
            "order": [1, 2, 3, 1, 2],
            "product": ["A", "A", "A", "B", "B"],
            "description": ["x", "tea", "tea", "mug", "cup"],
        }
    )
    assert sp.baskets(lines).items == ["tea", "cup"]


def test_is_product_is_believed():
    lines = LINES.assign(is_product=[True, False, True, True, True, True, True])
    assert sp.baskets(lines).ids == ["A", "B", "POST"]
    with pytest.raises(TypeError, match="is_product"):
        sp.baskets(LINES.assign(is_product=["yes"] * 7))


def test_positions_know_labels_and_ids():
    found = sp.baskets(LINES)
    assert found.positions(["tea", "A", "B", "nothing"]).tolist() == [1, 1, 0, -1]
    assert found.positions("tea").tolist() == [1]


def test_lines_without_order_or_item_count_for_nothing():
    lines = pd.DataFrame({"order": [1, None, 2], "product": ["A", "B", None]})
    found = sp.baskets(lines)
    assert found.n_baskets == 2
    assert found.n_empty == 1
    assert found.items == ["A", "B"]
    assert found.item_counts.tolist() == [1, 0]


def test_missing_columns_are_named():
    with pytest.raises(ValueError, match=r"baskets: .*'order'"):
        sp.baskets(LINES.drop(columns="order"))
    with pytest.raises(ValueError, match="'brand'"):
        sp.baskets(LINES, label="brand")
    with pytest.raises(ValueError, match="non_products"):
        sp.baskets(LINES, non_products="maybe")
    with pytest.raises(TypeError, match="table"):
        sp.baskets([["a"]])


def test_lists_of_any_kind():
    found = sp.Baskets.from_lists(iter([{"a", "b"}, ("b",), np.array(["b", "b"]), [], {"a": 1}]))
    assert found.items == ["b", "a"]
    assert found.item_counts.tolist() == [3, 2]
    assert found.n_empty == 1
    assert "1 of them empty" in repr(found)
    assert sp.Baskets.from_lists([]).n_baskets == 0


def held(found: sp.Baskets) -> list[set[object]]:
    ends = zip(found.indptr[:-1], found.indptr[1:], strict=True)
    return [{found.items[p] for p in found.indices[a:b]} for a, b in ends]


def test_equal_items_are_one_and_like_ones_are_not():
    long = "a" * 9
    lists = [
        [1, "1", b"1", "1\0", "", "\0"],
        (1.0, np.int64(1), True, np.str_("1"), "é", "日", 2**63, -1, 2**64 - 1),
        [float(2**63), "é", "日", long, long[:8], np.str_(long)],
        [None, np.nan, "1"],
    ]
    found = sp.Baskets.from_lists(lists)
    assert held(found) == [*map(set, lists[:3]), {"1"}]
    assert found.n_items == len(set().union(*held(found)))


@pytest.mark.parametrize(
    "kind", [str, int, "a long name {}".format, lambda i: i - 0.5, lambda i: str(i).encode()]
)
def test_as_many_items_as_anyone_sells(kind):
    rows = [[kind(i * j % 3001) for j in range(1, 9)] for i in range(3001)]
    found = sp.Baskets.from_lists(rows)
    assert held(found) == list(map(set, rows))
    assert sp.Baskets.from_lists(tuple(map(tuple, rows))).items == found.items


class Meddler:
    """An item that changes the lists while they are read."""

    def __init__(self, lists: list[list[object]]) -> None:
        self.lists = lists

    def __hash__(self) -> int:
        if self.lists[0]:
            del self.lists[-1]
        self.lists[0].clear()
        return hash("b")

    def __eq__(self, other: object) -> bool:
        return self is other


def test_lists_that_change_while_they_are_read():
    lists: list[list[object]] = [["a", "b"]]
    lists[0] += [Meddler(lists), "c"]
    lists += [["d"], ["e"], ["f"]]
    found = sp.Baskets.from_lists(lists)
    assert found.sizes.tolist() == [4, 1, 1]
    assert {"a", "b", "c", "d", "e"} < set(found.items)


def test_wrong_lists_name_the_basket():
    with pytest.raises(TypeError, match=r"basket 1 must be a list of items; got str 'ab'"):
        sp.Baskets.from_lists([["a"], "ab"])
    with pytest.raises(TypeError, match="basket 0 must be a list"):
        sp.Baskets.from_lists([3])
    with pytest.raises(TypeError, match="an item of basket 1 must be hashable; got list"):
        sp.Baskets.from_lists([["a"], [["b"]]])


@pytest.mark.parametrize("packed", [False, True])
def test_files(tmp_path, packed):
    text = 'cup, tea ,,cup\n"a, b",tea\n\ncup\n'
    path = tmp_path / ("baskets.csv.gz" if packed else "baskets.csv")
    path.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    found = sp.Baskets.from_file(path)
    assert found.n_baskets == 4
    assert found.n_empty == 1
    assert found.items == ["cup", "tea", "a, b"]
    (tmp_path / "numbers").write_text("1  2\t3 \n2\n", "utf-8")
    assert sp.Baskets.from_file(tmp_path / "numbers", sep=" ").items == ["2", "1", "3"]


def test_wrong_files(tmp_path):
    path = tmp_path / "latin"
    path.write_bytes("thé,tasse\n".encode("latin-1"))
    with pytest.raises(ValueError, match="text in utf-8"):
        sp.Baskets.from_file(path)
    assert sp.Baskets.from_file(path, encoding="latin-1").items == ["tasse", "thé"]
    with pytest.raises(ValueError, match="'sep'"):
        sp.Baskets.from_file(path, sep="")
    with pytest.raises(FileNotFoundError, match="'path' must be a file to read"):
        sp.Baskets.from_file(tmp_path / "none")
    with pytest.raises(OSError, match="'path' must be a file to read"):
        sp.Baskets.from_file(tmp_path)
    whole = gzip.compress(b"cup,tea\n" * 1000)
    for raw in (b"cup,tea\n", whole[: len(whole) // 2], whole[:12] + b"x" * 9 + whole[12:]):
        (tmp_path / "cut.gz").write_bytes(raw)
        with pytest.raises(OSError, match=r"from_file: 'path' must be a file to read; got .*cut"):
            sp.Baskets.from_file(tmp_path / "cut.gz")


def test_onehot_names_what_is_wrong():
    frame = pd.DataFrame({"tea": [1, 0, 2], "cup": [1, 1, 0]})
    with pytest.raises(ValueError, match="'tea' must be 0 or 1 in every row; got 2 in row 2"):
        sp.Baskets.from_onehot(frame)
    with pytest.raises(TypeError, match="column 'tea'"):
        sp.Baskets.from_onehot(pd.DataFrame({"tea": ["yes", "no"]}))
    with pytest.raises(ValueError, match="nan in row 1"):
        sp.Baskets.from_onehot(pd.DataFrame({"tea": [1.0, np.nan]}))
    with pytest.raises(ValueError, match="missing value in row 1"):
        sp.Baskets.from_onehot(pd.DataFrame({"a": [True, True], "b": pd.array([True, None])}))
    twice = pd.DataFrame([[1, 0]], columns=["a", "a"])
    with pytest.raises(ValueError, match="'a' 2 times"):
        sp.Baskets.from_onehot(twice)
    mixed = pd.DataFrame({"a": [True, False], "b": [1, 1]})
    assert sp.Baskets.from_onehot(mixed).items == ["b", "a"]


def test_sparse_matrices():
    matrix = scipy.sparse.coo_array(([1, 1, 0], ([0, 1, 1], [1, 1, 0])), shape=(2, 3))
    found = sp.Baskets.from_sparse(matrix)
    assert found.items == [1, 0, 2]
    assert found.item_counts.tolist() == [2, 0, 0]
    with pytest.raises(ValueError, match="column 1 must be 0 or 1 in every row; got 2"):
        sp.Baskets.from_sparse(matrix * 2)
    with pytest.raises(ValueError, match="a name for each of the 3 columns"):
        sp.Baskets.from_sparse(matrix, ["a"])
    with pytest.raises(ValueError, match="there once each"):
        sp.Baskets.from_sparse(matrix, ["a", "b", "a"])
    with pytest.raises(TypeError, match="sparse"):
        sp.Baskets.from_sparse(np.eye(2))
    assert len(sp.Apriori(1).fit(matrix).itemsets_) == 1


def test_codes():
    found = sp.Baskets.from_codes([0, 2, -1, 2], [1, 0, 0, -1], ["a", "b"], n_baskets=4)
    assert found.sizes.tolist() == [1, 0, 1, 0]
    with pytest.raises(ValueError, match=r"'item_codes' must be in .*got 2 in row 1"):
        sp.Baskets.from_codes([0, 0], [1, 2], ["a", "b"])
    with pytest.raises(ValueError, match=r"'order_codes'.*got -2 in row 0"):
        sp.Baskets.from_codes([-2], [1], ["a", "b"])
    with pytest.raises(ValueError, match="as long as"):
        sp.Baskets.from_codes([0, 0], [1], ["a", "b"])
    with pytest.raises(TypeError, match="order_codes"):
        sp.Baskets.from_codes([0.5], [1], ["a", "b"])


def test_baskets_are_not_made_by_hand():
    with pytest.raises(TypeError, match="from_lists"):
        sp.Baskets()
