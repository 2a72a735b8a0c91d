"""What every estimator of this room takes: rows of numbers, weights, a seed; refused in words."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.utils.validation import validate_data

from segpy import _checks, _core, _frames

Rows = NDArray[Any]


def _is_plain(x: object) -> bool:
    """Whether a kernel reads it where it is: two dimensions, native numbers up to 64 bits."""
    return (
        type(x) is np.ndarray
        and x.ndim == 2
        and x.dtype.kind in "fiub"
        and x.dtype.isnative
        and x.dtype not in (np.float16, np.longdouble)
    )


def read_rows(who: str, estimator: Any, x: Any, reset: bool) -> Rows:
    """Give X as an array a kernel reads, and set or check the number and names of the columns.

    Raises
    ------
    TypeError
        For sparse matrices, dates, texts and objects; the column is named.
    ValueError
        For complex numbers, other than two dimensions, no rows or columns, other columns than at
        fit. NaN and infinity are left to the kernel (`not_finite` words them).
    """
    if _is_plain(x) and not hasattr(estimator, "feature_names_in_"):
        rows: Rows = x
        if reset:
            estimator.n_features_in_ = rows.shape[1]
        elif rows.shape[1] != estimator.n_features_in_:
            validate_data(estimator, x, reset=False, skip_check_array=True)
    else:
        rows = _converted(who, x)
        named = x if hasattr(x, "columns") or hasattr(x, "__dataframe__") else rows
        validate_data(estimator, named, reset=reset, skip_check_array=True)
    if rows.shape[1] == 0:
        raise ValueError(
            f"{who}: X must have at least one column; got 0 feature(s) (shape={rows.shape}) while "
            "a minimum of 1 is required."
        )
    if rows.shape[0] == 0:
        raise ValueError(
            f"{who}: X must have at least one row; got 0 sample(s) (shape={rows.shape}) while a "
            "minimum of 1 is required."
        )
    return rows


def _converted(who: str, x: Any) -> Rows:
    if hasattr(x, "tocsr") or hasattr(x, "sparse"):
        kind = type(x).__name__
        if hasattr(x, "tocsr") or any(isinstance(t, pd.SparseDtype) for t in x.dtypes):
            raise TypeError(
                f"{who}: X must be dense; got sparse data ({kind}). Sparse input is not "
                "supported: pass X.toarray() if it fits in memory."
            )
    if hasattr(x, "columns") or hasattr(x, "__arrow_c_stream__"):
        return _from_frame(who, _frames.frame(who, x))
    values = np.asarray(x)
    if values.dtype.kind == "c":
        raise ValueError(
            f"{who}: Complex data not supported; X must hold real numbers; got {values.dtype}."
        )
    if values.ndim != 2:
        raise ValueError(
            f"{who}: X must have two dimensions, rows and columns; got shape {values.shape}. "
            "Reshape your data: X.reshape(-1, 1) if it is one column, X.reshape(1, -1) if it is "
            "one row."
        )
    if values.dtype.kind == "O":
        return _from_objects(who, values)
    if values.dtype.kind not in "fiub":
        raise _checks.type_error(
            who,
            "X",
            "numbers",
            values.dtype,
            "Pass days since a date for dates, and leave names and ids out.",
        )
    if _is_plain(values):
        return values
    return np.asarray(values, np.float64)


def _from_objects(who: str, values: Rows) -> Rows:
    try:
        return values.astype(np.float64)
    except (TypeError, ValueError) as error:
        kinds = (str, bytes)
        text = next((v for v in values.flat if isinstance(v, kinds)), None)
        column = next(
            (
                j
                for j in range(values.shape[1])
                if any(not isinstance(v, int | float | np.number) for v in values[:, j])
            ),
            0,
        )
        advice = "" if text is None else " Leave names and ids out."
        raise TypeError(
            f"{who}: column {column} of X must hold numbers; got objects ({error}).{advice}"
        ) from None


def _from_frame(who: str, table: pd.DataFrame) -> Rows:
    columns = []
    for name in table.columns:
        column = _frames.column(table, name)
        dtype: Any = column.dtype
        if pd.api.types.is_datetime64_any_dtype(dtype) or dtype.kind == "m":
            raise _checks.type_error(
                who,
                f"column {name!r} of X",
                "numbers",
                dtype,
                "Pass the days to a date, such as (snapshot - X[column]).dt.days, or leave it out.",
            )
        if dtype.kind == "c":
            raise ValueError(f"{who}: Complex data not supported; column {name!r} is {dtype}.")
        if isinstance(dtype, pd.CategoricalDtype) or not (
            pd.api.types.is_numeric_dtype(dtype) or pd.api.types.is_object_dtype(dtype)
        ):
            raise _checks.type_error(
                who,
                f"column {name!r} of X",
                "numbers",
                dtype,
                "Leave names and ids out; prepare_features does.",
            )
        columns.append(column)
    kinds = {c.dtype for c in columns}
    if len(kinds) == 1 and isinstance(next(iter(kinds)), np.dtype):
        values = table.to_numpy()
        return values if _is_plain(values) else _converted(who, values)
    out = np.empty((len(table), len(columns)), np.float64)
    for j, column in enumerate(columns):
        try:
            out[:, j] = column.to_numpy(dtype=np.float64, na_value=np.nan)
        except (TypeError, ValueError) as error:
            raise TypeError(
                f"{who}: column {column.name!r} of X must hold numbers; got objects ({error})."
            ) from None
    return out


def not_finite(who: str, estimator: Any, x: Rows) -> ValueError:
    """Word what a kernel refused: the column and the first row that is NaN or infinite."""
    row, column = _core.matrix_fault(x)
    names = getattr(estimator, "feature_names_in_", None)
    name = f"column {column}" if names is None else f"column {str(names[column])!r}"
    value = float(x[row, column])
    shown = "NaN" if np.isnan(value) else str(value)
    return _checks.value_error(
        who,
        f"{name} of X",
        "finite in every row (no NaN, no inf)",
        f"{shown} in row {row}",
        "Fill or drop such rows first; prepare_features(impute=...) fills them.",
    )


def read_weights(who: str, sample_weight: Any, n: int) -> NDArray[np.float64] | None:
    """Give weights as float64, or None; negative, NaN, infinite and all-zero ones are an error."""
    if sample_weight is None:
        return None
    if isinstance(sample_weight, Real):
        sample_weight = np.full(n, sample_weight)
    try:
        weights = np.ascontiguousarray(sample_weight, np.float64)
    except (TypeError, ValueError):
        raise _checks.type_error(who, "'sample_weight'", "numbers", sample_weight) from None
    if weights.ndim != 1 or len(weights) != n:
        raise _checks.value_error(
            who, "'sample_weight'", f"one number a row, shape ({n},)", f"shape {weights.shape}"
        )
    wrong = ~(np.isfinite(weights) & (weights >= 0))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise _checks.value_error(
            who, "'sample_weight'", "finite and at least 0", f"{weights[row]} in row {row}"
        )
    if not weights.any():
        raise _checks.value_error(
            who, "'sample_weight'", "above 0 in some row", "only zeros: all sample weights are zero"
        )
    return weights


def read_seed(who: str, random_state: Any) -> int:
    """Turn random_state (an int, None or a generator) into a seed of 64 bits."""
    if isinstance(random_state, int | np.integer) and not isinstance(random_state, bool):
        return _checks.integer(who, "random_state", random_state, 0, 2**64 - 1)
    if random_state is None:
        return int(np.random.default_rng().integers(2**63))
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(2**31, dtype=np.int64))
    if isinstance(random_state, np.random.Generator):
        return int(random_state.integers(2**63))
    raise _checks.type_error(
        who, "'random_state'", "an int, None, a RandomState or a Generator", random_state
    )
