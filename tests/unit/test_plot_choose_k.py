"""The picture of choose_k: every line that is known, the chosen k, and its title."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

import segpy as sp


@pytest.fixture(autouse=True)
def no_figure_stays():
    yield
    plt.close("all")


def rows(apart: float):
    rng = np.random.default_rng(0)
    return rng.normal(size=(300, 2)) + apart * rng.integers(2, size=(300, 2))


def test_lines_and_title_of_natural_clusters():
    found = sp.choose_k(rows(9.0), range(1, 8), n_boot=10, n_refs=0)
    ax = sp.plot_choose_k(found)
    lines = {line.get_label(): line for line in ax.lines if len(line.get_xdata()) == 6}
    names = ["separation", "stability in", "stability without", "silhouette"]
    assert all(any(label.startswith(name) for label in lines) for name in names)
    drawn = next(line for label, line in lines.items() if label == "silhouette")
    np.testing.assert_array_equal(drawn.get_xdata(), range(2, 8))
    np.testing.assert_array_equal(drawn.get_ydata(), found.table["silhouette"].loc[2:])
    assert ax.get_title(loc="left") == "4 natural clusters"


def test_noise_says_so_and_what_was_not_asked_for_is_not_drawn():
    found = sp.choose_k(rows(0.0), range(2, 6), n_boot=0, n_refs=0)
    ax = sp.plot_choose_k(found)
    assert not any("stability" in str(line.get_label()) for line in ax.lines)
    title = ax.get_title(loc="left")
    assert title == f"No natural clusters; {found.suggested_k} groups would be a construction"


def test_it_draws_where_it_is_told():
    own = plt.figure(figsize=(3.2, 2.4)).add_subplot()
    found = sp.choose_k(rows(9.0), [2, 4], n_boot=4, n_refs=0)
    assert sp.plot_choose_k(found, ax=own) is own


def test_what_is_no_result_is_refused():
    with pytest.raises(TypeError, match="plot_choose_k: 'result' must be what choose_k returned"):
        sp.plot_choose_k([2, 3])
