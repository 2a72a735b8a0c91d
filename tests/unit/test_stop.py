"""Whatever entry point of the kernels runs: a signal stops it at once and nothing is lost."""

import ctypes
import inspect
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from segpy import _core

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has no signal.setitimer to interrupt a call with"
)

LIMIT = 0.2
# What only looks something up.
SHORT = {"level", "levels", "Points.count", "Points.distinct", "Points.scale"}
# What only copies what there is.
SHORT |= {"Points.rows", "Points.place"}
LONG: dict[str, Callable[[], Callable[[], Any]]] = {}
RNG = np.random.default_rng(0)
ROW = np.arange(20.0)


def long(name: str):
    """Note a maker of a call that takes a good part of a second; the call may be repeated."""

    def note(make):
        LONG[name] = make
        return make

    return note


def rows(n: int) -> np.ndarray:
    """Give equal rows, which take no memory."""
    return np.broadcast_to(ROW, (n, len(ROW)))


def codes(n: int, below: int) -> np.ndarray:
    return RNG.integers(0, below, n, dtype=np.int32)


@long("encode_ints")
def _():
    ids = RNG.integers(0, 20_000_000, 3_000_000)
    return lambda: _core.encode_ints(ids)


@long("encode_ints: far apart")
def _():
    ids = RNG.integers(0, 2**62, 1_200_000)
    return lambda: _core.encode_ints(ids)


@long("encode_texts")
def _():
    texts = np.array([f"C-{i}" for i in RNG.permutation(1_000_000)], object)
    return lambda: _core.encode_texts(texts)


@long("encode_texts: alike, long")
def _():
    texts = np.array([f"a customer of the shop {i:x}" for i in RNG.permutation(300_000)], object)
    return lambda: _core.encode_texts(texts)


@long("match_returns")
def _():
    n = 1_000_000
    columns = codes(n, 300), codes(n, 200), RNG.integers(0, 10**6, n)
    quantity, returned = RNG.integers(1, 9, n).astype(float), RNG.random(n) < 0.4
    return lambda: _core.match_returns(*columns, quantity, returned, 300, 200)


@long("totals")
def _():
    by, amounts = codes(3_000_000, 4_000_000), np.ones(3_000_000)
    return lambda: _core.totals(by, amounts, 4_000_000)


@long("matrix_fault")
def _():
    x = rows(16_000_000)
    return lambda: _core.matrix_fault(x)


@long("kmeans_label")
def _():
    x, centers = rows(5_000_000), RNG.normal(size=16 * len(ROW))
    return lambda: _core.kmeans_label(x, centers, 1, "", None)


@long("kmeans_nearest")
def _():
    x, centers = rows(4_000_000), RNG.normal(size=16 * len(ROW))
    return lambda: _core.kmeans_nearest(x, centers, 1, "", None)


@long("kmeans_distances")
def _():
    x, centers = rows(500_000), RNG.normal(size=16 * len(ROW))
    return lambda: _core.kmeans_distances(x, centers, 1, "", None)


@long("silhouette")
def _():
    x, labels = RNG.normal(size=(26_000, 4)), codes(26_000, 4)
    return lambda: _core.silhouette(x, labels, 4, 1, "", None)


@long("calinski_harabasz")
def _():
    x, labels = rows(6_000_000), codes(6_000_000, 4)
    return lambda: _core.calinski_harabasz(x, labels, 4, 1, "", None)


@long("davies_bouldin")
def _():
    x, labels = rows(6_000_000), codes(6_000_000, 4)
    return lambda: _core.davies_bouldin(x, labels, 4, 1, "", None)


@long("scores")
def _():
    x, turned = rows(1_500_000), RNG.normal(size=(10, len(ROW)))
    none, one = np.zeros(10), np.ones(10)
    return lambda: _core.scores(x, np.zeros(len(ROW)), turned, none, one, False, 1, "")


@long("Points")
def _():
    x = RNG.normal(size=(3_000_000, 4))
    return lambda: _core.Points(x).count


@long("Points: folded")
def _():
    x = RNG.integers(0, 1000, (260_000, 4)).astype(float)
    return lambda: _core.Points(x).count


@long("Points.kmeans")
def _():
    points = _core.Points(RNG.normal(size=(400_000, 4)))
    return lambda: points.kmeans(20, 3, 0, 40, 1e-9, 1, False, None, 1, "", None)


@long("Points.kmeans: empty clusters")
def _():
    x = RNG.normal(size=(1_000_000, 2))
    points, init = _core.Points(x), np.full((400, 2), 1e6)
    init[0] = 0
    return lambda: points.kmeans(400, 1, 0, 1, 0, 1, False, init.ravel(), 1, "", None)


@long("Points.kmeans: rows without weight")
def _():
    x, weight = rows(200_000), np.zeros(200_000)
    weight[:2000] = 1
    points, init = _core.Points(x, weight), RNG.normal(size=200 * len(ROW))
    return lambda: points.kmeans(200, 1, 0, 1, 0, 1, False, init, 1, "", None)


@long("Points.kmeans: many wide centres")
def _():
    x = RNG.normal(size=(8192, 300))
    points, init = _core.Points(x), x[:2000].ravel()
    return lambda: points.kmeans(2000, 1, 0, 1, 0, 1, False, init, 1, "", None)


@long("kmeans_label: many wide centres")
def _():
    x, centers = RNG.normal(size=(12_000, 300)), RNG.normal(size=2000 * 300)
    return lambda: _core.kmeans_label(x, centers, 1, "", None)


@long("silhouette_weighted")
def _():
    x, labels = RNG.normal(size=(26_000, 4)), codes(26_000, 4)
    weight = codes(26_000, 5) + np.int32(1)
    return lambda: _core.silhouette_weighted(weight, x, labels, 4, 1, "", None)


@long("Points.portrait")
def _():
    points, centers = _core.Points(RNG.normal(size=(1_500_000, 4))), RNG.normal(size=24 * 4)
    return lambda: points.portrait(centers, 1, "", None)


@long("Points.seeds")
def _():
    points = _core.Points(RNG.normal(size=(300_000, 4)))
    return lambda: points.seeds(20, 4, 1, 1, "", None)


@long("Points.inertias")
def _():
    points, ks = _core.Points(RNG.normal(size=(400_000, 4))), np.array([5, 20], np.int32)
    return lambda: points.inertias(ks, 2, 40, 1e-9, 1, 1, "", None)


@long("Points.pairs")
def _():
    points, ks = _core.Points(RNG.normal(size=(200_000, 4))), np.array([5, 12], np.int32)
    return lambda: points.pairs(ks, 1, 30, 1e-9, 1, 2, 200_000, 1, "", None)


BASKETS, ITEMS = 600_000, 400


@long("baskets_of_lines")
def _():
    order, item = codes(3_000_000, BASKETS), codes(3_000_000, ITEMS)
    return lambda: _core.baskets_of_lines(order, item, BASKETS, ITEMS, None)


@long("baskets_of_rows")
def _():
    start, item = np.arange(BASKETS + 1) * 8, codes(BASKETS * 8, ITEMS)
    return lambda: _core.baskets_of_rows(start, item, None, ITEMS, None)


def held(n: int) -> tuple[np.ndarray, ...]:
    """Give n baskets of up to eight of SOLD items, and the baskets of each item."""
    start, item = np.arange(n + 1) * 8, codes(n * 8, SOLD)
    start, items, _, counts = _core.baskets_of_rows(start, item, None, SOLD, None)
    return start, items, counts


SOLD, SOME = 100, 60_000
MOST = 2**31 - 1


def frequent(baskets: tuple[np.ndarray, ...]) -> tuple[Any, ...]:
    return _core.itemsets(*baskets, 8, 1, 4, 0, MOST, MOST, 0, 12, 1, "", None)


@long("itemsets")
def _():
    baskets = held(SOME)
    return lambda: frequent(baskets)


def ruled() -> tuple[Any, Any]:
    """Give the words a call on itemsets begins with, and the call for all rules of them."""
    sets = SOME, SOLD, *frequent(held(SOME))[:3]
    return sets, lambda: _core.rules(*sets, 0, 1, MOST, None, None, 1, "", None)


@long("rules")
def _():
    return ruled()[1]


@long("rules_redundant")
def _():
    sets, rules = ruled()
    found = rules()[:3]
    return lambda: _core.rules_redundant(*sets, *found, 1, "", None)


@long("fisher_greater")
def _():
    x, y = RNG.integers(500, 5_000, (2, 100_000))
    both = np.minimum(x, y) // 3
    return lambda: _core.fisher_greater(100_000, x, y, both, 1, "", None)


@long("item_pairs")
def _():
    start, items, _ = held(600_000)
    return lambda: _core.item_pairs(SOLD, start, items, 1, 1, "", None)


def filed() -> tuple[np.ndarray, ...]:
    """Give many rules of two items that suggest a third."""
    n = 1_000_000
    pairs = np.stack([codes(n, SOLD // 2), SOLD // 2 + codes(n, SOLD // 2)], axis=1)
    head = ((pairs[:, 0] + 1 + codes(n, 30)) % (SOLD // 2)).astype(np.int32)
    return np.arange(n + 1) * 2, pairs.ravel(), head


@long("Recommender")
def _():
    rules = filed()
    return lambda: isinstance(_core.Recommender(SOLD, *rules), _core.Recommender)


@long("Recommender.best")
def _():
    index, (start, items, _) = _core.Recommender(SOLD, *filed()), held(150)
    return lambda: index.best(start, items, 5, 1, "", None)


@long("Recommender.hidden")
def _():
    index, (start, items, _) = _core.Recommender(SOLD, *filed()), held(600)
    return lambda: index.hidden(start, items, 5, 1, "", None)


@long("itemsets: closed")
def _():
    start, item = np.arange(60_001) * 8, codes(60_000 * 8, 100)
    start, held, _, counts = _core.baskets_of_rows(start, item, None, 100, None)
    most = 2**31 - 1
    asked = (2, 1, most, 1, most, most, 0, 12, 1, "", None)
    return lambda: _core.itemsets(start, held, counts, *asked)


@long("encode_lists")
def _():
    lists = [tuple(range(i, i + 20)) for i in range(3000)] * 150
    return lambda: _core.encode_lists(lists)


CUSTOMERS, ORDERS, SHARED = 1_500_000, 4_000_000, 1_000_000


@long("RFMState")
def _():
    return lambda: _core.RFMState(4_000_000, 10_000_000).add(
        *(np.zeros(0, t) for t in (np.int32, np.int32, np.int64, np.float64)), 0, 0, 1, "", None
    )


@long("RFMState.add")
def _():
    n = 6_000_000
    order = codes(n, ORDERS)
    columns = order % CUSTOMERS, order, np.zeros(n, np.int64), np.ones(n)

    def add():
        state = _core.RFMState(CUSTOMERS, ORDERS)
        state.add(*columns, 0, 0, 1, "", None)
        return state.read()

    return add


def dump() -> tuple[np.ndarray, ...]:
    """Give the parts of a state, a third of whose orders have a second customer."""
    owner = (RNG.permutation(ORDERS) % CUSTOMERS).astype(np.int32)
    second = (owner[:SHARED] + 1) % CUSTOMERS
    shared = np.stack([np.arange(SHARED, dtype=np.int32), second], axis=1)
    zeros = np.zeros(CUSTOMERS, np.int64)
    return zeros, zeros, np.zeros(2 * CUSTOMERS, np.int64), owner, shared.ravel()


def filled(parts: tuple[np.ndarray, ...]) -> _core.RFMState:
    state = _core.RFMState(CUSTOMERS, ORDERS)
    state.fill(*parts)
    return state


@long("RFMState.fill")
def _():
    parts = dump()
    return lambda: filled(parts).read()


@long("RFMState.read")
def _():
    return filled(dump()).read


@long("RFMState.dump")
def _():
    return filled(dump()).dump


@long("RFMState.merge")
def _():
    other = filled(dump())
    maps = [RNG.permutation(n).astype(np.int32) for n in (CUSTOMERS, ORDERS)]

    def merge():
        state = _core.RFMState(CUSTOMERS, ORDERS)
        state.merge(other, *maps)
        return state.read()

    return merge


WIDE = 3_000


def moments() -> _core.Moments:
    state = _core.Moments(WIDE)
    state.add(RNG.normal(size=(30, WIDE)), 1, "", None)
    return state


@long("Moments")
def _():
    return lambda: len(_core.Moments(WIDE).read())


@long("Moments.add")
def _():
    x = RNG.normal(size=(600, WIDE))

    def add():
        state = _core.Moments(WIDE)
        state.add(x, 1, "", None)
        return state.read()

    return add


@long("Moments.read")
def _():
    return moments().read


@long("Moments.merge")
def _():
    one, other = moments(), moments()

    def merge():
        state = _core.Moments(WIDE)
        state.merge(one)
        state.merge(other)
        return state.read()

    return merge


@long("Moments.load")
def _():
    parts = moments().read()

    def load():
        state = _core.Moments(WIDE)
        state.load(*parts)
        return state.read()

    return load


def entry_points() -> set[str]:
    """Give the functions, types, methods and values of the module."""
    found = set()
    for name, thing in vars(_core).items():
        if name.startswith("_"):
            continue
        found.add(name)
        if inspect.isclass(thing):
            found |= {f"{name}.{n}" for n in vars(thing) if not n.startswith("_")}
    return found


def test_every_entry_point_is_listed():
    listed = {name.split(":")[0] for name in LONG} | SHORT
    assert listed == entry_points()


class Stopped(Exception):
    """What the signal raises."""


class Bell:
    """A signal every few milliseconds; notes when its handler runs, and raises at the last ring.

    Told in time of this thread, so that another program on the machine cannot fail the test.
    """

    def __init__(self, rings: int | None = None) -> None:
        self.rings, self.heard, self.done = rings, [], False

    def ring(self, number, frame) -> None:
        self.heard.append(time.thread_time())
        if len(self.heard) - 1 == self.rings and not self.done:
            raise Stopped

    def __enter__(self):
        self.before = signal.signal(signal.SIGALRM, self.ring)
        self.heard.append(time.thread_time())
        signal.setitimer(signal.ITIMER_REAL, 0.005, 0.005)
        return self

    def __exit__(self, *error) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        self.heard.append(time.thread_time())
        signal.signal(signal.SIGALRM, self.before)

    def longest(self) -> float:
        """Give the longest time in which no handler ran."""
        return float(np.diff(self.heard).max())


def same(a: Any, b: Any) -> bool:
    if isinstance(a, tuple):
        return len(a) == len(b) and all(map(same, a, b))
    return np.array_equal(a, b, equal_nan=isinstance(a, np.ndarray) and a.dtype.kind == "f")


def test_equal_means_to_the_bit():
    a, b = np.array([1.0, np.nan]), np.array([1.0, 2.0])
    assert same((a, 1, b), (a.copy(), 1, b.copy()))
    assert not same((a, 1), (b, 1))
    assert not same((a, 1), (a,))


def fill_memory(byte: int) -> None:
    """Have new memory filled with a byte, where the C library can: what is not written shows."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(-6, byte)  # M_PERTURB


@pytest.fixture(autouse=True)
def memory_as_it_comes():
    yield
    fill_memory(0)


def longest_wait(call: Callable[[], Any], rings: int | None = None) -> tuple[float, float, bool]:
    """Give the longest wait for a handler, the whole time and whether the call was stopped.

    The least of up to five runs: another program on the machine slows even this thread's own time.
    """
    waits, times, stopped = [], [], False
    while len(waits) < 5 and min(waits, default=LIMIT) >= LIMIT / 2:
        with Bell(rings) as bell:
            try:
                call()
                bell.done = True  # from here on nobody would catch it
            except Stopped:
                stopped = True
        waits.append(bell.longest())
        times.append(bell.heard[-1] - bell.heard[0])
    return min(waits), min(times), stopped


@pytest.mark.parametrize("name", LONG)
def test_a_signal_stops_it_within_a_fifth_of_a_second(name):
    call = LONG[name]()
    fill_memory(0x55)
    expected = call()
    fill_memory(0)
    # at any moment of the call; this machine may be the faster one
    wait, took, _ = longest_wait(call)
    assert wait < LIMIT / 2, f"{wait:.3f} s of {took:.3f} s without a poll"
    wait, took, stopped = longest_wait(call, rings=2)
    assert wait < LIMIT / 2
    assert stopped or took < LIMIT  # what ends at once needs no stop
    fill_memory(0xAA)
    assert same(call(), expected)
