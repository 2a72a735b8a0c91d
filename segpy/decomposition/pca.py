"""Principal components of any number of rows, from one pass over them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_array, check_is_fitted

from segpy import _checks, _core, _matrix
from segpy.decomposition.axes import WHO, Axes, Moments, counted, of_few_rows, of_moments, turned

Floats = NDArray[np.float64]

# Each of scikit-learn's solvers approaches the answer that is computed here.
_SOLVERS = ("auto", "full", "covariance_eigh", "arpack", "randomized")
_BLOCK = 1 << 15  # numbers projected at a time: they stay in the cache


class PCA(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Turn columns into fewer that keep most of their variance, as scikit-learn's PCA does.

    The covariance comes from one pass in C that counts every chunk of rows about its own mean, so
    columns far from zero (dates, ids, prices in cents) lose no digits, and it is the same bits for
    any number of threads. The answer is exact whatever solver is named.

    Parameters
    ----------
    n_components : int, float or None, default None
        How many components to keep: an int in [1, min(n_samples, n_features)]; a float in (0, 1)
        keeps as few as explain more than that share of the variance; None keeps all.
    copy : bool, default True
        Taken for scikit-learn's sake. The data are never changed.
    whiten : bool, default False
        Divide each score by its standard deviation, so that all components have variance 1.
        Directions without variance get scores of 0.
    svd_solver : {"auto", "full", "covariance_eigh", "arpack", "randomized"}, default "auto"
        Taken for scikit-learn's sake: each gives the same exact answer.
    random_state : int, Generator or None, default 0
        Taken for scikit-learn's sake: nothing here is random.

    Attributes
    ----------
    components_ : ndarray of shape (n_components_, n_features_in_), float64
        The directions, by variance explained, of length 1. The loading of largest size of each is
        positive.
    explained_variance_ : ndarray of shape (n_components_,), float64
        The variance along each direction (n_samples - 1 degrees of freedom).
    explained_variance_ratio_ : ndarray of shape (n_components_,), float64
        The share of the variance of all columns.
    singular_values_ : ndarray of shape (n_components_,), float64
        sqrt(explained_variance_ * (n_samples - 1)).
    mean_ : ndarray of shape (n_features_in_,), float64
        The mean of each column.
    n_components_ : int
        Components kept.
    noise_variance_ : float
        The mean variance of the directions left out (Tipping and Bishop 1999); 0 if none was.
    n_samples_ : int
        Rows seen, over all calls of `partial_fit`.
    n_features_in_ : int
        Columns seen.
    feature_names_in_ : ndarray of str
        Their names, where `X` was a table.

    Raises
    ------
    TypeError, ValueError
        By the methods: fewer than two rows, columns that hold no numbers, NaN or infinity (column
        and first row named), rows that are all equal, spreads whose squares no float64 holds, an
        `n_components` that is not to be had.

    See Also
    --------
    plot_pca : draws the shares and the loadings.

    Notes
    -----
    O(n d^2) for n rows of d columns, d^2 numbers of memory; with n < d from the n x n matrix of
    products of rows instead. Eigenvectors by LAPACK. Chunks are joined by the formula of Chan,
    Golub and LeVeque (doi:10.2307/2683386), as are the batches of `partial_fit`. The
    likelihood is that of probabilistic PCA (doi:10.1111/1467-9868.00196).

    Examples
    --------
    >>> import numpy as np, segpy as sp
    >>> X = np.array([[1.0, 2.0], [2.0, 4.1], [3.0, 5.9], [4.0, 8.0]])
    >>> pca = sp.PCA(n_components=1).fit(X)
    >>> pca.explained_variance_ratio_.round(4), pca.components_.round(3)
    (array([0.9999]), array([[0.451, 0.893]]))
    >>> pca.transform(X).ravel().round(2)
    array([-3.35, -1.03,  1.03,  3.35])
    """

    def __init__(
        self,
        n_components: float | None = None,
        *,
        copy: bool = True,
        whiten: bool = False,
        svd_solver: str = "auto",
        random_state: Any = 0,
    ) -> None:
        self.n_components = n_components
        self.copy = copy
        self.whiten = whiten
        self.svd_solver = svd_solver
        self.random_state = random_state

    # ------------------------------------------------------------------------------ learning

    def fit(self, X: Any, y: Any = None) -> PCA:
        """Find the directions of `X`, forgetting all that was learned before.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            At least two rows of finite numbers, of any dtype and memory layout; float64, float32
            and integers are read where they lie.
        y : None
            Not used.

        Returns
        -------
        PCA
            Itself.
        """
        self._check_options()
        rows = _matrix.read_for(WHO, self, X, reset=True, least=2)
        if len(rows) < rows.width:
            moments, axes = None, of_few_rows(rows)
        else:
            moments = counted(rows, None)
            axes = of_moments(moments, rows)
        self._keep(axes)
        self._moments = moments
        return self

    def partial_fit(self, X: Any, y: Any = None) -> PCA:
        """Add a batch of rows to those seen and find the directions of all of them.

        Equal to `fit` on all rows together to about 1e-12, whatever the batches. A batch that is
        refused changes nothing.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            As `fit` takes it. The first batch must have at least two rows and as many as
            `n_components`, later ones at least one.
        y : None
            Not used.

        Returns
        -------
        PCA
            Itself.
        """
        self._check_options()
        before: Moments | None = getattr(self, "_moments", None)
        if before is None and hasattr(self, "components_"):
            raise _checks.value_error(
                WHO,
                "partial_fit",
                "called after partial_fit, or after a fit of at least as many rows as columns",
                f"a fit of {self.n_samples_} rows of {self.n_features_in_} columns",
                "Begin with partial_fit on a new PCA.",
            )
        first = before is None
        rows = _matrix.read_for(WHO, self, X, reset=first, least=2 if first else 1)
        moments = counted(rows, before)
        self._keep(of_moments(moments, rows))
        self._moments = moments
        return self

    def _check_options(self) -> None:
        asked = self.n_components
        for name in ("copy", "whiten"):
            _checks.boolean(WHO, name, getattr(self, name))
        _checks.one_of(WHO, "svd_solver", self.svd_solver, _SOLVERS)
        if asked is None:
            return
        allowed = "None, an int in [1, min(n_samples, n_features)] or a float in (0, 1)"
        if isinstance(asked, str):
            advice = "Ask for a share of the variance instead, such as 0.95."
            raise _checks.value_error(WHO, "'n_components'", allowed, repr(asked), advice)
        number = isinstance(asked, int | float | np.integer | np.floating)
        if not number or isinstance(asked, bool):
            raise _checks.type_error(WHO, "'n_components'", allowed, asked)
        whole = isinstance(asked, int | np.integer)
        if not (asked >= 1 if whole else 0 < asked < 1):
            advice = "" if whole else "A number of components is an int; None keeps all."
            raise _checks.value_error(WHO, "'n_components'", allowed, str(asked), advice)

    def _keep(self, axes: Axes) -> None:
        """Choose how many components stay, turn them their way and set what is learned."""
        variances = axes.variances
        shares = variances / variances.sum()
        k = self._how_many(shares)
        self.n_samples_ = axes.rows
        self.n_components_ = k
        self.mean_ = axes.mean
        self.components_ = turned(axes.directions[:k])
        self.explained_variance_ = variances[:k].copy()
        self.explained_variance_ratio_ = shares[:k].copy()
        self.singular_values_ = np.sqrt(self.explained_variance_ * (axes.rows - 1))
        self.noise_variance_ = float(variances[k:].mean()) if k < len(variances) else 0.0
        self._rest = axes.rest

    def _how_many(self, shares: Floats) -> int:
        asked, most = self.n_components, len(shares)
        if asked is None:
            return most
        if isinstance(asked, float | np.floating):
            return min(int(np.searchsorted(np.cumsum(shares), asked, side="right")) + 1, most)
        if asked > most:
            raise _checks.value_error(
                WHO,
                "'n_components'",
                f"an int in [1, min(n_samples, n_features)={most}]",
                str(asked),
            )
        return int(asked)

    # ------------------------------------------------------------------------------ using

    def transform(self, X: Any) -> Any:
        """Give the scores of rows: their place along each component.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            The columns that `fit` saw.

        Returns
        -------
        ndarray of shape (n_samples, n_components_)
            float32 for float32, else float64; a DataFrame with the index of `X` after
            ``set_output(transform="pandas")``.
        """
        check_is_fitted(self)
        rows = _matrix.read_for(WHO, self, X, reset=False)
        x = rows.values
        scores = _core.scores(
            x,
            self.mean_,
            self.components_,
            self.components_ @ self._rest,
            self._scale() if self.whiten else np.ones(self.n_components_),
            x.dtype == np.float32,
            _checks.cores(),
            "",
        )
        with np.errstate(over="ignore", invalid="ignore"):
            suspicious = not np.isfinite(scores.sum())
        if suspicious:  # the sum alone may be too large: the rows decide
            _matrix.finite(WHO, rows)
        return scores

    def _centred(self, x: _matrix.Values) -> Any:
        """Yield (slice of rows, those rows less the mean), a block at a time, in one buffer."""
        step = min(len(x), max(1, _BLOCK // x.shape[1]))
        buffer = np.empty((step, x.shape[1]))
        for start in range(0, len(x), step):
            part = slice(start, min(start + step, len(x)))
            centred = np.subtract(x[part], self.mean_, out=buffer[: part.stop - start])
            centred -= self._rest
            yield part, centred

    def _varies(self) -> NDArray[np.bool_]:
        """Tell which components have a variance beyond what rounding makes."""
        noise = np.finfo(np.float64).eps * self.n_features_in_
        varies: NDArray[np.bool_] = self.explained_variance_ > noise * self.explained_variance_[0]
        return varies

    def _scale(self) -> Floats:
        """Give what whitening divides by: infinite where there is no variance, for scores of 0."""
        return np.where(self._varies(), np.sqrt(self.explained_variance_), np.inf)

    def inverse_transform(self, X: Any) -> Any:
        """Bring scores back into the columns: what the components kept tell of a row.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_components_)
            Scores as `transform` gives them.

        Returns
        -------
        ndarray of shape (n_samples, n_features_in_)
            float32 for float32, else float64.
        """
        check_is_fitted(self)
        scores = check_array(X, input_name="X", dtype=[np.float64, np.float32], estimator=self)
        if scores.shape[1] != self.n_components_:
            raise _checks.value_error(
                WHO,
                "X of inverse_transform",
                f"of shape (n_samples, n_components_={self.n_components_})",
                f"{scores.shape}",
                "Pass what transform gave.",
            )
        back = scores * np.sqrt(self.explained_variance_) if self.whiten else scores
        return (back @ self.components_ + self.mean_).astype(scores.dtype, copy=False)

    # ------------------------------------------------------------------------------ the model

    def get_covariance(self) -> Floats:
        """Give the covariance of the columns as the components kept and the noise tell it.

        Returns
        -------
        ndarray of shape (n_features_in_, n_features_in_), float64
            sum_i max(variance_i - noise, 0) c_i c_i' + noise * I.
        """
        check_is_fitted(self)
        above = np.maximum(self.explained_variance_ - self.noise_variance_, 0.0)
        covariance: Floats = (self.components_.T * above) @ self.components_
        covariance[np.diag_indices_from(covariance)] += self.noise_variance_
        return covariance

    def get_precision(self) -> Floats:
        """Give the inverse of `get_covariance`, from the components instead of by inverting.

        Returns
        -------
        ndarray of shape (n_features_in_, n_features_in_), float64
        """
        variances = self._model_variances("get_precision")
        if self.noise_variance_ == 0.0:
            whole: Floats = (self.components_.T / variances) @ self.components_
            return whole
        less = 1.0 / self.noise_variance_ - 1.0 / variances
        precision: Floats = -(self.components_.T * less) @ self.components_
        precision[np.diag_indices_from(precision)] += 1.0 / self.noise_variance_
        return precision

    def _model_variances(self, asked: str) -> Floats:
        """Give the variance of each component in the model, which must be above 0 all round."""
        check_is_fitted(self)
        flat = not self._varies().all() or (
            self.noise_variance_ == 0.0 and self.n_components_ < self.n_features_in_
        )
        if flat:
            raise _checks.value_error(
                WHO,
                f"the model of {asked}",
                "of a variance above 0 in every direction",
                f"{int(self._varies().sum())} such directions of {self.n_features_in_} and a "
                f"noise variance of {self.noise_variance_:.3g}",
                "Keep fewer components, so that the rest counts as noise.",
            )
        return np.maximum(self.explained_variance_, self.noise_variance_)

    def score_samples(self, X: Any) -> Floats:
        """Give the log-likelihood of each row under the model.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            The columns that `fit` saw.

        Returns
        -------
        ndarray of shape (n_samples,), float64
            Natural logarithm of the density of a normal distribution with `mean_` and
            `get_covariance`.
        """
        variances = self._model_variances("score_samples")
        rows = _matrix.read_for(WHO, self, X, reset=False)
        d, left_out = self.n_features_in_, self.n_features_in_ - self.n_components_
        size = np.log(variances).sum()
        size += left_out * np.log(self.noise_variance_) if left_out else 0.0
        likelihood = np.empty(len(rows))
        with np.errstate(over="ignore", invalid="ignore"):
            for part, centred in self._centred(rows.values):
                scores = centred @ self.components_.T
                far = (scores**2 / variances).sum(axis=1)
                if left_out:
                    centred -= scores @ self.components_
                    far += (centred**2).sum(axis=1) / self.noise_variance_
                likelihood[part] = -0.5 * (far + size + d * np.log(2 * np.pi))
        if not np.isfinite(likelihood).all():
            _matrix.finite(WHO, rows)
        return likelihood

    def score(self, X: Any, y: Any = None) -> float:
        """Give the mean log-likelihood of the rows under the model.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            The columns that `fit` saw.
        y : None
            Not used.

        Returns
        -------
        float
            The mean of `score_samples`.
        """
        return float(self.score_samples(X).mean())

    @property
    def _n_features_out(self) -> int:
        return int(self.n_components_)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
