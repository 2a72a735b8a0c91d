from collections.abc import Callable, Iterable
from typing import Any, Final, final

import numpy as np
from numpy.typing import NDArray

__version__: Final[str]

def level() -> str: ...
def levels() -> tuple[str, ...]: ...
def encode_ints(
    ids: NDArray[np.int64],
    missing: NDArray[np.bool_] | None = None,
    sort: bool = True,
    level: str = "",
    progress: Callable[[float], object] | None = None,
) -> tuple[NDArray[np.int32], NDArray[np.int64]]: ...
def encode_texts(
    texts: Any,
    sort: bool = True,
    level: str = "",
    progress: Callable[[float], object] | None = None,
) -> tuple[NDArray[np.int32], NDArray[np.int64]]: ...
def match_returns(
    customer: NDArray[np.int32],
    product: NDArray[np.int32],
    date: NDArray[np.int64],
    quantity: NDArray[np.float64],
    returned: NDArray[np.bool_],
    n_customers: int,
    n_products: int,
    progress: Callable[[float], object] | None = None,
) -> NDArray[np.float64]: ...
def totals(
    codes: NDArray[np.int32] | None,
    amounts: NDArray[np.float64],
    n_codes: int,
    progress: Callable[[float], object] | None = None,
) -> NDArray[np.float64]: ...
def matrix_fault(x: NDArray[Any], /) -> tuple[int, int]: ...
def kmeans_label(
    x: NDArray[Any],
    centers: NDArray[np.float64],
    n_threads: int,
    level: str,
    progress: Callable[[float], object] | None,
    /,
) -> NDArray[np.int32]: ...
def kmeans_nearest(
    x: NDArray[Any],
    centers: NDArray[np.float64],
    n_threads: int,
    level: str,
    progress: Callable[[float], object] | None,
    /,
) -> tuple[NDArray[np.int32], NDArray[np.float64]]: ...
def kmeans_distances(
    x: NDArray[Any],
    centers: NDArray[np.float64],
    n_threads: int,
    level: str,
    progress: Callable[[float], object] | None,
    /,
) -> NDArray[np.float64]: ...
def silhouette(
    x: NDArray[Any],
    labels: NDArray[np.int32],
    n_labels: int,
    n_threads: int,
    level: str,
    progress: Callable[[float], object] | None,
    /,
) -> NDArray[np.float64]: ...
def silhouette_weighted(
    weight: NDArray[np.int32],
    x: NDArray[Any],
    labels: NDArray[np.int32],
    n_labels: int,
    n_threads: int,
    level: str,
    progress: Callable[[float], object] | None,
    /,
) -> NDArray[np.float64]: ...
def calinski_harabasz(
    x: NDArray[Any],
    labels: NDArray[np.int32],
    n_labels: int,
    n_threads: int,
    level: str,
    progress: Callable[[float], object] | None,
    /,
) -> tuple[float, int, int, int]: ...
def davies_bouldin(
    x: NDArray[Any],
    labels: NDArray[np.int32],
    n_labels: int,
    n_threads: int,
    level: str,
    progress: Callable[[float], object] | None,
    /,
) -> tuple[float, int, int, int]: ...
def scores(
    x: NDArray[Any],
    mean: NDArray[np.float64],
    directions: NDArray[np.float64],
    less: NDArray[np.float64],
    scale: NDArray[np.float64],
    floats: bool,
    n_threads: int,
    level: str,
    /,
) -> NDArray[Any]: ...
def encode_lists(
    lists: Iterable[Iterable[Any]], /
) -> tuple[NDArray[np.int64], NDArray[np.int32], list[Any]]: ...
def baskets_of_lines(
    order: NDArray[np.int32],
    item: NDArray[np.int32],
    n_baskets: int,
    n_items: int,
    progress: Callable[[float], object] | None,
    /,
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]]: ...
def baskets_of_rows(
    start: NDArray[np.int64],
    item: NDArray[np.int32],
    place: NDArray[np.int32] | None,
    n_items: int,
    progress: Callable[[float], object] | None,
    /,
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]]: ...
def itemsets(
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    count: NDArray[np.int64],
    min_count: int,
    min_len: int,
    max_len: int,
    target: int,
    max_sets: int,
    max_bytes: int,
    form: int,
    leaf: int,
    n_threads: int,
    level: str,
    progress: Callable[[float], object] | None,
    /,
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int64], int]: ...
def rules(
    n_baskets: int,
    n_items: int,
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    counts: NDArray[np.int64],
    num: int,
    den: int,
    most: int,
    body: NDArray[np.bool_] | None,
    head: NDArray[np.bool_] | None,
    n_threads: int,
    level: str,
    progress: Callable[[float], object] | None,
    /,
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32], tuple[int, int, int], int]: ...
def rules_redundant(
    n_baskets: int,
    n_items: int,
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    counts: NDArray[np.int64],
    whole: NDArray[np.int32],
    antecedent: NDArray[np.int32],
    consequent: NDArray[np.int32],
    n_threads: int,
    level: str,
    progress: Callable[[float], object] | None,
    /,
) -> NDArray[np.bool_]: ...
def fisher_greater(
    n: int,
    x: NDArray[np.int64],
    y: NDArray[np.int64],
    both: NDArray[np.int64],
    n_threads: int,
    level: str,
    progress: Callable[[float], object] | None,
    /,
) -> NDArray[np.float64]: ...
def item_pairs(
    n_items: int,
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    min_count: int,
    n_threads: int,
    level: str,
    progress: Callable[[float], object] | None,
    /,
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]]: ...

@final
class Recommender:
    def __new__(
        cls,
        n_items: int,
        indptr: NDArray[np.int64],
        indices: NDArray[np.int32],
        head: NDArray[np.int32],
        /,
    ) -> Recommender: ...
    def best(
        self,
        indptr: NDArray[np.int64],
        indices: NDArray[np.int32],
        most: int,
        n_threads: int,
        level: str,
        progress: Callable[[float], object] | None,
        /,
    ) -> NDArray[np.int32]: ...
    def hidden(
        self,
        indptr: NDArray[np.int64],
        indices: NDArray[np.int32],
        most: int,
        n_threads: int,
        level: str,
        progress: Callable[[float], object] | None,
        /,
    ) -> NDArray[np.int32]: ...

@final
class Points:
    def __new__(
        cls,
        x: NDArray[Any],
        weight: NDArray[np.float64] | None = None,
        progress: Callable[[float], object] | None = None,
    ) -> Points: ...
    @property
    def count(self) -> int: ...
    @property
    def scale(self) -> float: ...
    @property
    def distinct(self) -> bool: ...
    def kmeans(
        self,
        k: int,
        starts: int,
        swaps: int,
        max_iter: int,
        tol: float,
        seed: int,
        random: bool,
        init: NDArray[np.float64] | None,
        n_threads: int,
        level: str,
        progress: Callable[[float], object] | None,
        /,
    ) -> tuple[NDArray[np.float64], NDArray[np.int32], NDArray[np.float64], float, int, bool]: ...
    def rows(self, /) -> tuple[NDArray[np.float64], NDArray[np.float64]]: ...
    def place(self, /) -> NDArray[np.int32] | None: ...
    def portrait(
        self,
        centers: NDArray[np.float64],
        n_threads: int,
        level: str,
        progress: Callable[[float], object] | None,
        /,
    ) -> tuple[
        NDArray[np.int32],
        NDArray[np.float64],
        NDArray[np.float64],
        NDArray[np.float64],
        NDArray[np.float64],
    ]: ...
    def seeds(
        self,
        k: int,
        starts: int,
        seed: int,
        n_threads: int,
        level: str,
        progress: Callable[[float], object] | None,
        /,
    ) -> NDArray[np.float64]: ...
    def inertias(
        self,
        ks: NDArray[np.int32],
        starts: int,
        max_iter: int,
        tol: float,
        seed: int,
        n_threads: int,
        level: str,
        progress: Callable[[float], object] | None,
        /,
    ) -> NDArray[np.float64]: ...
    def pairs(
        self,
        ks: NDArray[np.int32],
        starts: int,
        max_iter: int,
        tol: float,
        seed: int,
        n_pairs: int,
        n_drawn: int,
        n_threads: int,
        level: str,
        progress: Callable[[float], object] | None,
        /,
    ) -> NDArray[np.float64]: ...

@final
class RFMState:
    def __new__(cls, n_customers: int, n_orders: int) -> RFMState: ...
    def add(
        self,
        customer: NDArray[np.int32],
        order: NDArray[np.int32],
        date: NDArray[np.int64],
        amount: NDArray[np.float64],
        start: int,
        stop: int,
        n_threads: int,
        level: str,
        progress: Callable[[float], object] | None,
        /,
    ) -> tuple[int, int, int]: ...
    def merge(
        self, other: RFMState, customer_map: NDArray[np.int32], order_map: NDArray[np.int32], /
    ) -> None: ...
    def read(
        self, /
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]: ...
    def dump(
        self, /
    ) -> tuple[
        NDArray[np.int64],
        NDArray[np.int64],
        NDArray[np.int64],
        NDArray[np.int32],
        NDArray[np.int32],
    ]: ...
    def fill(
        self,
        first: NDArray[np.int64],
        last: NDArray[np.int64],
        money: NDArray[np.int64],
        owner: NDArray[np.int32],
        shared: NDArray[np.int32],
        /,
    ) -> None: ...

@final
class Moments:
    def __new__(cls, n_columns: int, /) -> Moments: ...
    def add(
        self,
        x: NDArray[Any],
        n_threads: int,
        level: str,
        progress: Callable[[float], object] | None,
        /,
    ) -> None: ...
    def merge(self, other: Moments, /) -> None: ...
    def read(
        self, /
    ) -> tuple[int, NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]: ...
    def load(
        self,
        rows: int,
        pivot: NDArray[np.float64],
        offset: NDArray[np.float64],
        scatter: NDArray[np.float64],
        /,
    ) -> None: ...
