"""Colours that stay, numbers as people write them, and pictures that stand in a page."""

from __future__ import annotations

import re
from itertools import combinations
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb

import segpy
from segpy.plotting import style, svg
from segpy.plotting.pareto import plot_pareto
from segpy.plotting.segments import plot_segments

# The colours people have in their slides. A change here breaks their eyes: add, never change.
FOR_EVER = {
    "Champions": "#093f75",
    "Loyal": "#498de4",
    "Potential Loyalist": "#82c9fb",
    "New Customers": "#1b8369",
    "Promising": "#7abb9d",
    "Need Attention": "#eec858",
    "About To Sleep": "#d29854",
    "At Risk": "#be7414",
    "Cannot Lose Them": "#841814",
    "Hibernating": "#968ca6",
    "Lost": "#50565c",
    "Big Spenders": "#7a5a9d",
    "Unassigned": "#d7d7d7",
}

# Machado, Oliveira, Fernandes (2009), severity 1.0, on linear RGB.
SIGHT = {
    "normal": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def oklab(linear: np.ndarray) -> np.ndarray:
    cones = np.array(
        [
            [0.4122214708, 0.5363325363, 0.0514459929],
            [0.2119034982, 0.6806995451, 0.1073969566],
            [0.0883024619, 0.2817188376, 0.6299787005],
        ]
    )
    mix = np.array(
        [
            [0.2104542553, 0.7936177850, -0.0040720468],
            [1.9779984951, -2.4285922050, 0.4505937099],
            [0.0259040371, 0.7827717662, -0.8086757660],
        ]
    )
    return mix @ np.cbrt(cones @ linear)


def seen(colour: str, sight: str) -> np.ndarray:
    rgb = np.array(to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return oklab(np.clip(np.array(SIGHT[sight]) @ linear, 0.0, 1.0))


def test_colours_stay_for_ever():
    assert {name: style.segment_colour(name) for name in FOR_EVER} == FOR_EVER
    # Hashed ones stay too, whatever the process or platform.
    assert style.segment_colour("VIP") == "#39659b"
    assert style.segment_colour("Grönland €") == "#d4bc79"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("about_to_sleep", "About To Sleep"),
        ("CHAMPIONS", "Champions"),
        ("Can't Lose", "Cannot Lose Them"),
        ("Can\N{RIGHT SINGLE QUOTATION MARK}t Lose", "cant_lose"),
        ("Needs attention", "Need Attention"),
        ("vip  -  gold", "VIP gold"),
    ],
)
def test_spelling_does_not_change_the_colour(one, other):
    assert style.segment_colour(one) == style.segment_colour(other)


def test_every_shipped_name_has_a_fixed_colour_of_its_own():
    for row in segpy.segment_maps().itertuples():
        colours = [style.segment_colour(name) for name in (*row.segments, "Unassigned")]
        assert len(set(colours)) == len(colours), row.name
        assert set(colours) <= set(FOR_EVER.values()), row.name


@pytest.mark.parametrize("sight", SIGHT)
def test_fixed_colours_keep_apart_for_every_sight(sight):
    pairs = combinations(FOR_EVER.items(), 2)
    distance = {
        (a, b): float(np.linalg.norm(seen(x, sight) - seen(y, sight))) for (a, x), (b, y) in pairs
    }
    assert min(distance.values()) > 0.07, min(distance, key=distance.get)


def test_text_reads_on_every_fill():
    fills = [*FOR_EVER.values(), *(style.segment_colour(f"name {i}") for i in range(400))]
    fills += [style.blend("#dde8f3", "#0d4a82", share / 200) for share in range(201)]
    fills += [style.blend("#000000", "#ffffff", share / 500) for share in range(501)]
    assert min(style.contrast(style.text_on(fill), fill) for fill in fills) >= 4.5


def test_other_names_use_the_whole_palette():
    found = {style.segment_colour(f"segment {i}") for i in range(2000)}
    assert len(found) == 24
    assert not found & set(FOR_EVER.values())


def test_inks_read_on_their_paper():
    for inks in (style.LIGHT, style.DARK):
        assert style.contrast(inks.ink, inks.paper) > 10
        assert style.contrast(inks.soft, inks.paper) > 4.5
        assert style.contrast(style.MAIN, inks.paper) > 3
        assert style.contrast(style.ACCENT, inks.paper) > 3


def test_contrast_is_that_of_the_standard():
    assert style.contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert style.contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=1e-3)
    assert style.contrast("#ffffff", "#777777") == style.contrast("#777777", "#ffffff")


MINUS = "\N{MINUS SIGN}"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.5, "0.5"),
        (13.8, "13.8"),
        (250.194, "250"),
        (2058.426, "2,058"),
        (9994, "9,994"),
        (9996, "10k"),
        (12345, "12.3k"),
        (999_499, "999k"),
        (999_600, "1M"),
        (8_911_407.904, "8.91M"),
        (1.5e9, "1.5B"),
        (2e15, "2,000T"),
        (-35, f"{MINUS}35"),
        (0.004, "0"),
        (-0.004, "0"),
    ],
)
def test_compact(value, text):
    assert style.compact(value) == text


def test_money_has_its_currency_before_it():
    assert style.money(8_911_407.904, "£") == "£8.91M"
    assert style.money(1000, "EUR") == "EUR\N{NO-BREAK SPACE}1,000"
    assert style.money(-35.2, "$") == f"{MINUS}$35.2"
    assert style.money(12, "") == "12"


def test_shares_and_counts():
    assert style.share(0.6198) == "62.0%"
    assert style.share(0.0001) == "<0.1%"
    assert style.share(-0.0001) == f"{MINUS}<0.1%"
    assert style.share(-0.0123) == f"{MINUS}1.2%"
    assert style.share(0.0) == "0.0%"
    assert style.count(4338) == "4,338"


SUMMARY = pd.DataFrame(
    {"customers": [30, 20, 5], "revenue": [700.0, 250.0, 50.0], "revenue_share": [0.7, 0.25, 0.05]},
    index=pd.Index(["Champions", '"><img src=x onerror=alert(1)>', "$x^2$ & co"], name="segment"),
)


def picture(name: str = "tree", alt: str = "") -> str:
    return svg.picture(
        lambda ax: plot_segments(SUMMARY, ax, currency="$"),
        name,
        width=7.0,
        height=4.0,
        margin=style.BARE,
        alt=alt,
    )


def test_a_picture_is_the_same_text_each_time_and_in_every_session():
    first = picture()
    assert picture() == first
    with mpl.rc_context(
        {
            "savefig.bbox": "tight",
            "font.size": 20,
            "patch.antialiased": False,
            "figure.dpi": 50,
            "text.usetex": True,
            "figure.constrained_layout.use": True,
            "svg.fonttype": "path",
        }
    ):
        assert picture() == first


def test_a_picture_leaves_the_settings_alone():
    before = dict(mpl.rcParams)
    picture()
    assert dict(mpl.rcParams) == before


def test_a_picture_keeps_its_words_as_words_and_escapes_them():
    text = picture(alt='a "quoted" <alt>')
    assert "<img" not in text
    assert "<style" not in text
    assert "<script" not in text
    assert "metadata" not in text
    root = ElementTree.fromstring(text)
    words = [e.text for e in root.iter() if e.tag.endswith("}text")]
    assert '"><img src=x onerror=alert(1)>' in " ".join(words)
    assert "$x^2$ & co" in " ".join(words)
    assert root.get("aria-label") == 'a "quoted" <alt>'
    assert root.get("role") == "img"
    assert root.get("viewBox") == "0 0 504 288"
    assert root.get("width") is None


def test_pictures_of_one_page_share_no_id():
    def ids(text):
        return re.findall(r'\bid="([^"]*)"', text)

    one, two = picture("one"), picture("two")
    assert len(set(ids(one))) == len(ids(one)) > 3
    assert not set(ids(one)) & set(ids(two))
    rfm = pd.DataFrame({"monetary": [1.0, 2.0, 3.0]})
    chart = svg.picture(lambda ax: plot_pareto(rfm, ax), "p", width=5, height=4)
    used = re.findall(r"url\(#([^)]*)\)", chart) + re.findall(r'href="#([^"]*)"', chart)
    assert used
    assert set(used) <= set(ids(chart))


def test_inks_of_a_picture_follow_the_page():
    text = picture()
    assert "var(--plot-ink, #1f2730)" in text
    assert "var(--plot-paper, #fefefe)" in text
    assert not re.search(r"(fill|stroke): #(1f2730|58636f|d5dbe1|fefefe)", text)
    assert "font-family" not in text  # the page's own


def test_a_name_no_font_of_ours_knows_is_no_warning_in_a_page():
    summary = SUMMARY.rename(index={"Champions": "冠军客户 👑"})
    text = svg.picture(
        lambda ax: plot_segments(summary, ax), "p", width=7, height=4, margin=style.BARE
    )
    assert "冠军客户 👑" in text
