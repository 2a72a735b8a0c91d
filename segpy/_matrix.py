"""The one door for matrices: tables, arrays and lists in, rows of numbers the kernels read out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeGuard

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segpy import _checks, _core, _frames

Values = NDArray[Any]

_READ_AS_THEY_ARE = frozenset("?bBhHiIlLqQfd")  # the dtypes the kernels read
_NUMBERS_AS_OBJECTS = ("decimal", "mixed-integer-float", "integer", "floating", "boolean")
_ROWS = "Pass one row a customer and one column a measure"
_RESHAPE = "Reshape your data: X.reshape(-1, 1) is one column, X.reshape(1, -1) is one row."
_NUMBERS = "Leave it out, or pass a number for it; prepare_features leaves it out of a table."
_DAYS = "Pass the days up to a date of your choice, such as recency_days, or leave it out."
_COMPLEX = "Pass the real and the imaginary part as two columns."


@dataclass(frozen=True)
class Matrix:
    """Rows of numbers of any dtype and strides, and what their caller calls columns and rows.

    `names` and `index` are None where no table was given.
    """

    values: Values
    names: list[Any] | None = None
    index: pd.Index[Any] | None = None

    def __len__(self) -> int:
        return len(self.values)

    @property
    def width(self) -> int:
        """Number of columns."""
        return int(self.values.shape[1])

    def column(self, place: int) -> str:
        """Name a column as the caller knows it: by its name, else by its place."""
        return f"column {place if self.names is None else repr(self.names[place])} of X"


def read(who: str, X: Any, *, least: int = 1) -> Matrix:
    """Give the rows of a table, an array or a list of lists; copied only if they must be.

    What is not finite is let through: `finite` looks for it, or the kernel does on its way.

    Raises
    ------
    TypeError
        For sparse matrices, dates, texts and objects; the column is named.
    ValueError
        For complex numbers, other than two dimensions, no column, fewer than `least` rows; in
        scikit-learn's words where it has a sentence, ours behind.
    """
    found = Matrix(X) if _is_plain(X) else _converted(who, X)
    shape = found.values.shape
    for axis, what, minimum in ((0, "sample", least), (1, "feature", 1)):
        if shape[axis] < minimum:
            raise ValueError(
                f"{who}: Found array with {shape[axis]} {what}(s) (shape={shape}) while a minimum "
                f"of {minimum} is required. {_ROWS}."
            )
    return found


def read_for(who: str, estimator: Any, X: Any, *, reset: bool, least: int = 1) -> Matrix:
    """Give rows as `read` does, to an estimator that knows the number and names of its columns.

    With `reset` it learns them, else they must be those it knows.
    """
    found = read(who, X, least=least)
    if _is_plain(X) and reset and not hasattr(estimator, "feature_names_in_"):
        estimator.n_features_in_ = found.width
        return found
    check_columns(
        who,
        estimator,
        found.values if found.names is None else pd.DataFrame(columns=found.names),
        reset=reset,
    )
    return found


def check_columns(who: str, estimator: Any, named: Values | pd.DataFrame, *, reset: bool) -> None:
    """Learn the number and names of the columns, or check that they are those known."""
    # Who asks is an estimator, so scikit-learn is loaded; those who only read need not load it.
    from sklearn.utils.validation import validate_data

    try:
        validate_data(estimator, named, reset=reset, skip_check_array=True)
    except (TypeError, ValueError) as error:
        advice = "Pass the columns that fit saw, in their order."
        if reset:
            advice = "Name all columns by texts, or none."
        raise type(error)(f"{str(error).rstrip()} {who}: {advice}") from None


def is_table(X: object) -> bool:
    """Tell whether X is a pandas, polars or pyarrow table."""
    return isinstance(X, pd.DataFrame) or (
        hasattr(X, "__arrow_c_stream__") and hasattr(X, "schema")
    )


def finite(who: str, X: Matrix) -> None:
    """Raise unless every number is finite."""
    if _core.matrix_fault(X.values)[0] >= 0:
        raise not_finite(who, X)


def not_finite(who: str, X: Matrix) -> ValueError:
    """Word what is there: the first row, by rows, that is NaN or infinite, and its column."""
    row, column = _core.matrix_fault(X.values)
    value = float(X.values[row, column])
    where = f"row {row}"
    if X.index is not None and not isinstance(X.index, pd.RangeIndex):
        where += f" (index {_checks.shown(X.index[row : row + 1].tolist()[0])})"
    return _checks.value_error(
        who,
        X.column(column),
        "a finite number in every row",
        f"{'NaN' if np.isnan(value) else value} in {where}",
        "Drop such rows, or fill them with prepare_features(impute=...)."
        if np.isnan(value)
        else "Drop or correct such rows.",
    )


def _is_plain(X: object) -> TypeGuard[Values]:
    """Tell whether the kernels read X where it lies: two dimensions, native numbers of 64 bits."""
    return type(X) is np.ndarray and X.ndim == 2 and _is_read(X.dtype)


def _is_read(dtype: np.dtype[Any]) -> bool:
    return dtype.char in _READ_AS_THEY_ARE and dtype.isnative


def _converted(who: str, X: Any) -> Matrix:
    if hasattr(X, "toarray"):
        raise _sparse(who, type(X).__name__, "X.toarray()")
    return _of_table(who, _frames.frame(who, X)) if is_table(X) else Matrix(_of_array(who, X))


def _sparse(who: str, kind: str, instead: str) -> TypeError:
    return TypeError(
        f"{who}: X must be dense; got sparse data ({kind}). Sparse input is not supported: pass "
        f"{instead} if n_samples x n_features x 8 bytes fit in memory."
    )


def _of_table(who: str, table: pd.DataFrame) -> Matrix:
    for name, column in table.items():
        _check_column(who, name, column)
    kinds = set(table.dtypes)
    dtype = kinds.pop() if len(kinds) == 1 else None
    if isinstance(dtype, np.dtype) and _is_read(dtype):
        values = table.to_numpy()
    else:
        values = table.to_numpy(dtype=np.float64, na_value=np.nan)
    return Matrix(values, list(table.columns), table.index)


def _check_column(who: str, name: object, column: pd.Series[Any]) -> None:
    """Raise unless a column holds numbers; objects may, such as decimals."""
    dtype: Any = column.dtype
    held = ""
    if pd.api.types.is_object_dtype(dtype):
        held = pd.api.types.infer_dtype(column, skipna=True)
        if held in _NUMBERS_AS_OBJECTS:
            return
        dtype = column.infer_objects().dtype
    if isinstance(dtype, pd.SparseDtype):
        raise _sparse(who, f"column {name!r}", "X.sparse.to_dense()")
    if pd.api.types.is_bool_dtype(dtype):
        return
    if pd.api.types.is_complex_dtype(dtype):
        raise ValueError(
            f"{who}: Complex data not supported; column {name!r} of X is {dtype}. {_COMPLEX}"
        )
    if not pd.api.types.is_numeric_dtype(dtype):
        kind = f"dtype {column.dtype}"
        advice = _NUMBERS
        if held in ("date", "datetime", "datetime64", "period"):
            kind, advice = f"dates ({kind})", _DAYS
        elif dtype.kind == "M" or isinstance(dtype, pd.PeriodDtype):
            advice = _DAYS
        elif dtype.kind == "m":
            advice = "Pass the number of days: column / pandas.Timedelta(days=1)."
        raise TypeError(_checks.sentence(who, f"column {name!r} of X", "numbers", kind, advice))


def _of_array(who: str, X: Any) -> Values:
    if isinstance(X, np.ma.MaskedArray) and X.mask.any():
        X = np.ma.filled(X.astype(np.float64), np.nan)
    try:
        values = np.asarray(X)
    except ValueError as error:  # rows of different lengths
        raise _checks.value_error(who, "X", "rows of equal length", str(error)) from None
    if values.ndim != 2:
        got, advice = f"{values.ndim}D", _RESHAPE
        if values.ndim == 0:  # what is no array at all: a dict, a generator, a name
            got, advice = "scalar", f"X must be a table or an array; got {type(X).__name__}."
        raise ValueError(f"{who}: Expected 2D array, got {got} array instead. {_ROWS}. {advice}")
    kind = values.dtype.kind
    if kind == "c":
        raise ValueError(f"{who}: Complex data not supported; got {values.dtype}. {_COMPLEX}")
    if kind == "O":
        return _of_objects(who, values)
    if kind not in "?biuf":
        advice = _DAYS if kind in "mM" else "Leave names and ids out; prepare_features does."
        got = f"an array of {values.dtype}"
        raise TypeError(_checks.sentence(who, "X", "numbers", got, advice))
    return values if _is_read(values.dtype) else values.astype(np.float64)


def _of_objects(who: str, values: Values) -> Values:
    """Turn objects that are numbers into numbers, or name the first that is none, as texts are."""
    if pd.api.types.infer_dtype(values.ravel()) in _NUMBERS_AS_OBJECTS:
        return values.astype(np.float64)
    for (row, column), value in np.ndenumerate(values):
        why = "a text" if isinstance(value, str | bytes) else _why_no_number(value)
        if why:
            got = f"{type(value).__name__} {_checks.shown(value)} in row {row} ({why})"
            what = f"column {column} of X"
            raise TypeError(_checks.sentence(who, what, "numbers", got, _NUMBERS))
    return values.astype(np.float64)


def _why_no_number(value: Any) -> str:
    try:
        float(0 if value is None else value)  # None is missing, as NaN is
    except (TypeError, ValueError) as error:
        return str(error)
    return ""
