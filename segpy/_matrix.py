"""The one door for estimators: a table or an array in, a matrix that the kernels read out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.utils.validation import validate_data

from segpy import _checks, _core, _frames

Matrix = NDArray[Any]
Floats = NDArray[np.float64]

# What scikit-learn's sentences speak of, and what we have to say to it.
_ADVICE = (
    ("Sparse", "Dense rows take n_samples x n_features x 8 bytes."),
    ("sparse", "Dense rows take n_samples x n_features x 8 bytes."),
    ("feature names", "Pass the columns that fit saw, in their order."),
    ("features, but", "Pass the columns that fit saw, in their order."),
    ("Complex", "Pass the real and the imaginary part as two columns."),
    ("convert", "Pass numbers; prepare_features leaves texts out of a table."),
    ("string", "Pass numbers; prepare_features leaves texts out of a table."),
)
_SHAPE = "Pass one row a customer and one column a measure."


def rows(who: str, estimator: Any, X: Any, *, reset: bool, least: int = 1) -> Matrix:
    """Check a table or an array and give it as a matrix of numbers, without a copy if it is one.

    With `reset` the estimator learns number and names of the columns, else they must be those it
    knows. Errors of shape keep scikit-learn's sentence. What is not finite is let through:
    `finite` looks for it.
    """
    given = _table(who, X) if _is_table(X) else X
    try:
        found = validate_data(
            estimator,
            given,
            reset=reset,
            dtype="numeric",
            ensure_all_finite=False,
            ensure_min_samples=least,
        )
    except (TypeError, ValueError) as error:
        said = str(error)
        advice = next((a for word, a in _ADVICE if word in said), _SHAPE)
        raise type(error)(f"{said.rstrip()} {who}: {advice}") from None
    matrix: Matrix = found
    plain = matrix.dtype.kind in "iub" or matrix.dtype in (np.float32, np.float64)
    return matrix if plain and matrix.dtype.isnative else matrix.astype(np.float64)


def _is_table(X: object) -> bool:
    return isinstance(X, pd.DataFrame) or (
        hasattr(X, "__arrow_c_stream__") and hasattr(X, "schema")
    )


def _table(who: str, X: object) -> pd.DataFrame:
    """Give a table as a DataFrame of numbers, or name the column that holds something else."""
    table = _frames.frame(who, X)
    for name, column in table.items():
        dtype: Any = column.dtype
        if pd.api.types.is_object_dtype(dtype):
            dtype = column.infer_objects().dtype
            held = pd.api.types.infer_dtype(column, skipna=True)
            if held in ("decimal", "mixed-integer-float", "integer", "floating", "boolean"):
                continue
        if pd.api.types.is_bool_dtype(dtype) or (
            pd.api.types.is_numeric_dtype(dtype) and dtype.kind != "c"
        ):
            continue
        raise TypeError(
            _checks.sentence(
                who, f"column {name!r}", "numbers", f"dtype {column.dtype}", _instead(dtype)
            )
        )
    return table


def _instead(dtype: Any) -> str:
    """Say what to pass instead of a column that holds no numbers."""
    if pd.api.types.is_datetime64_any_dtype(dtype) or isinstance(dtype, pd.PeriodDtype):
        return "Pass the days up to a date of your choice, or leave the column out."
    if pd.api.types.is_timedelta64_dtype(dtype):
        return "Pass the number of days: column / pandas.Timedelta(days=1)."
    if pd.api.types.is_complex_dtype(dtype):
        return "Pass the real and the imaginary part as two columns."
    return "Leave the column out, or pass a number for it; prepare_features leaves it out for you."


def finite(who: str, estimator: Any, matrix: Matrix, X: object = None) -> None:
    """Raise unless every number is finite, naming the first row, by rows, and its column."""
    row, column = _core.matrix_fault(matrix)
    if row < 0:
        return
    value = float(matrix[row, column])
    where = f"row {row}"
    if isinstance(X, pd.DataFrame):
        where += f" (index {_checks.shown(X.index[row])})"
    what = "NaN" if np.isnan(value) else "infinity or a value too large for dtype('float64')"
    raise ValueError(
        f"Input X contains {what}. "
        + _checks.sentence(
            who,
            f"column {column_name(estimator, column)}",
            "a finite number in every row",
            f"{value} in {where}",
            "Drop such rows, or fill them with prepare_features(impute=...).",
        )
    )


def column_name(estimator: Any, column: int) -> str:
    """Name a column as the caller knows it: by its name, else by its place."""
    names = getattr(estimator, "feature_names_in_", None)
    return str(column) if names is None else repr(names[column])
