"""The report in a real browser: quiet, readable in both themes, whole on desk, phone and paper."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

import segpy as sp

HOSTILE_PRODUCT = "<script>alert(1)</script>"
HOSTILE_CUSTOMER = '"><img src=x onerror=alert(2)>'
_A_WHILE = "new Promise(done => setTimeout(() => done('waited'), 300))"
WIDTHS = [(1280, 900), (768, 1024), (390, 844), (375, 667), (320, 568)]


def _driver() -> ModuleType:
    """Load the driver beside this file; test folders are no packages."""
    spec = importlib.util.spec_from_file_location(
        "segpy_tests_chromium", Path(__file__).with_name("chromium.py")
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


chromium = _driver()
pytestmark = pytest.mark.skipif(
    chromium.binary() is None,
    reason="no Chromium on the path (SEGPY_CHROMIUM names another browser binary)",
)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[chromium.Browser]:
    with chromium.Browser(tmp_path_factory.mktemp("profile")) as running:
        yield running


def long_lines() -> pd.DataFrame:
    """Make the same lines with names and ids of one long word each."""
    table = hostile_lines()
    for column in ("product", "customer"):
        last = table[column].str.replace(r"\D+", "", regex=True)
        table[column] = "unbreakable" * 11 + last
    return table


def hostile_lines() -> pd.DataFrame:
    """Make two years of lines whose names try to break out of the page."""
    rng = np.random.default_rng(5)
    n = 3000
    person = (rng.pareto(1.0, n) * 12).astype(int) % 400
    order = np.arange(n) // 2
    quantity = rng.integers(1, 9, n)
    product = rng.integers(0, 12, n)
    # Who takes a product of even number mostly takes the next one too, so that there are rules.
    habit = (product % 2 == 0) & (order == np.roll(order, -1)) & (rng.random(n) < 0.7)
    product[1:] = np.where(habit[:-1], product[:-1] + 1, product[1:])
    price = 2.0 + product
    day = np.sort(rng.integers(0, 715, n))
    table = pd.DataFrame(
        {
            "customer": [f"{HOSTILE_CUSTOMER}{p}" for p in person[order]],
            "order": order,
            "date": pd.Timestamp("2022-02-03 10:00") + pd.to_timedelta(day[2 * order], unit="D"),
            "product": [f"{HOSTILE_PRODUCT}{p}" for p in product],
            "quantity": quantity,
            "price": price,
            "amount": quantity * price,
            "is_product": True,
            "returned_quantity": 0,
        }
    )
    table["customer"] = table["customer"].where(rng.random(n) > 0.1)
    return table


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("page") / "report.html"
    return sp.report(
        hostile_lines(), place, currency="£", include_ids=True, title="<b>Spring</b> & more"
    )


@pytest.fixture(scope="module")
def long_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("page") / "long.html"
    table = long_lines()
    people = table["customer"].dropna().unique()
    # A segment's name reaches the title of its card, the table's first column and the lede.
    own = pd.Series(
        np.where(np.arange(len(people)) % 2, "Longsegmentname" * 8, "<b>" + "W" * 120),
        index=people,
    )
    return sp.report(
        table, place, currency="£", include_ids=True, segments=own, title="Oneword" * 18
    )


@pytest.fixture(scope="module")
def grouped_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a page whose customers gather in three places: it has their table and picture."""
    place = tmp_path_factory.mktemp("page") / "grouped.html"
    rng = np.random.default_rng(4)
    parts = []
    for kind, (last, orders, price) in enumerate([(8, 20, 40.0), (60, 7, 90.0), (300, 2, 25.0)]):
        person = np.repeat(np.arange(60), orders) + 60 * kind
        first = np.tile(np.arange(orders) == 0, 60)
        since = rng.normal(last, last / 9, 60)[person - 60 * kind]
        ago = np.where(first, since, since + rng.integers(1, 200, len(person))).round()
        parts.append(
            pd.DataFrame(
                {
                    "customer": person,
                    "order": np.arange(len(person)) + 10_000 * kind,
                    "date": pd.Timestamp("2023-12-31") - pd.to_timedelta(ago, unit="D"),
                    "product": "P",
                    "quantity": 1,
                    "price": rng.normal(price, price / 9, len(person)).round(2),
                }
            )
        )
    return sp.report(pd.concat(parts, ignore_index=True), place, currency="£")


def complaints(browser: chromium.Browser) -> list[object]:
    """Collect what the console, the policy and uncaught errors had to say."""
    names = ("Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled")
    names += ("Page.javascriptDialogOpening",)
    return [event["params"] for event in browser.events if event.get("method") in names]


def requests(browser: chromium.Browser) -> list[str]:
    """Collect the addresses the page asked for."""
    return [
        event["params"]["request"]["url"]
        for event in browser.events
        if event.get("method") == "Network.requestWillBeSent"
    ]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_nothing_leaves_the_page_and_nothing_complains(
    browser: chromium.Browser, page: Path, dark: bool
) -> None:
    browser.open(page, dark=dark)
    browser.run("document.querySelector('details').open = true")
    browser.run(_A_WHILE)
    assert complaints(browser) == []
    assert requests(browser) == [page.resolve().as_uri()]
    assert browser.run("performance.getEntriesByType('resource').length") == 0


def test_the_browser_waits_for_a_promise(browser: chromium.Browser, page: Path) -> None:
    browser.open(page)
    assert browser.run(_A_WHILE) == "waited"


def test_the_watch_would_see_a_request_and_a_complaint(
    browser: chromium.Browser, page: Path, tmp_path: Path
) -> None:
    """The test above is worth something only if these two would be caught."""
    bad = tmp_path / "bad.html"
    text = page.read_text(encoding="utf-8")
    inside = '<img src="x.png"><script>alert(1)</script></main>'
    bad.write_text(text.replace("</main>", inside, 1), encoding="utf-8")
    browser.open(bad)
    browser.run(_A_WHILE)
    assert len(complaints(browser)) >= 2  # the policy stopped both and said so


def test_hostile_names_show_as_text(browser: chromium.Browser, page: Path) -> None:
    browser.open(page)
    assert browser.run("document.querySelectorAll('script, img, h1 b').length") == 0
    shown = browser.run("document.body.innerText")
    assert HOSTILE_PRODUCT in shown
    rules = browser.run("document.querySelector('#together .rules').innerText")
    assert f"who buy {HOSTILE_PRODUCT}" in rules
    assert browser.run("document.querySelectorAll('#together svg').length") == 2
    assert HOSTILE_CUSTOMER in shown
    assert "<b>Spring</b> & more" in shown
    assert browser.run("document.title") == "<b>Spring</b> & more"


@pytest.mark.parametrize("names", ["page", "long_page", "grouped_page"])
@pytest.mark.parametrize(("width", "height"), WIDTHS)
def test_the_page_never_scrolls_sideways(
    browser: chromium.Browser,
    request: pytest.FixtureRequest,
    width: int,
    height: int,
    names: str,
) -> None:
    browser.open(request.getfixturevalue(names), width, height)
    browser.run("document.querySelector('details').open = true")
    assert browser.run("document.documentElement.scrollWidth") <= width
    # What sticks out of the view may only do so inside a box that scrolls by itself.
    outside = browser.run(
        """[...document.querySelectorAll('main *')].filter(e => {
             const box = e.getBoundingClientRect();
             return box.width && (box.right > innerWidth + 1 || box.left < -1)
                 && !e.closest('.scroll') && !e.closest('svg')
           }).map(e => e.tagName + '.' + e.className)"""
    )
    assert outside == []


@pytest.mark.parametrize(("names", "pictures"), [("page", 4), ("grouped_page", 4)])
@pytest.mark.parametrize(("width", "shown"), [(1280, "wide"), (390, "narrow")])
def test_each_width_shows_its_picture(
    browser: chromium.Browser,
    request: pytest.FixtureRequest,
    width: int,
    shown: str,
    names: str,
    pictures: int,
) -> None:
    browser.open(request.getfixturevalue(names), width)
    sizes = browser.run(
        """[...document.querySelectorAll('.picture > div')]
             .filter(e => e.getClientRects().length).map(e => e.className)"""
    )
    assert sizes == [shown] * pictures
    letters = browser.run(
        """Math.min(...[...document.querySelectorAll('svg text')]
             .filter(e => e.getClientRects().length)
             .map(e => [e.getScreenCTM(), parseFloat(getComputedStyle(e).fontSize)])
             .map(([m, size]) => size * Math.hypot(m.a, m.b)))"""
    )
    assert letters >= 9.0  # pixels as the reader sees them


def test_pictures_and_boxes_have_names(browser: chromium.Browser, grouped_page: Path) -> None:
    """Ask the browser's own accessibility tree, as a screen reader does."""
    browser.open(grouped_page)
    browser.call("Accessibility.enable")
    nodes = browser.call("Accessibility.getFullAXTree")["nodes"]
    roles = [
        (node["role"]["value"], node.get("name", {}).get("value", ""))
        for node in nodes
        if not node.get("ignored")
    ]
    named = [name for role, name in roles if role in ("image", "img", "SvgRoot")]
    assert len([name for name in named if len(name) > 30]) == 4
    regions = [name for role, name in roles if role == "region"]
    assert regions
    assert all(regions)


_CONTRAST = """
(() => {
  const light = c => {
    const v = c.map(x => x / 255).map(x => x <= .04045 ? x / 12.92 : ((x + .055) / 1.055) ** 2.4);
    return .2126 * v[0] + .7152 * v[1] + .0722 * v[2];
  };
  const rgb = text => text.match(/[\\d.]+/g).map(Number);
  const paper = e => {
    for (; e; e = e.parentElement) {
      const c = rgb(getComputedStyle(e).backgroundColor);
      if (c.length < 4 || c[3] > 0) return c;
    }
    return [255, 255, 255];
  };
  const worst = {};
  for (const e of document.querySelectorAll('body *:not(svg *)')) {
    const own = [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim());
    if (!own || !e.getClientRects().length) continue;
    const a = light(rgb(getComputedStyle(e).color)), b = light(paper(e));
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < 4.5) worst[e.tagName + '.' + e.className] = ratio;
  }
  return worst;
})()
"""


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_word_reads_well(browser: chromium.Browser, page: Path, dark: bool) -> None:
    browser.open(page, dark=dark)
    browser.run("document.querySelector('details').open = true")
    assert browser.run(_CONTRAST) == {}


def test_the_themes_differ_and_pictures_follow(browser: chromium.Browser, page: Path) -> None:
    seen = []
    for dark in (False, True):
        browser.open(page, dark=dark)
        seen.append(
            browser.run(
                """[getComputedStyle(document.body).backgroundColor,
                    getComputedStyle(document.querySelector('.wide svg text')).fill]"""
            )
        )
    assert seen[0][0] != seen[1][0]
    assert seen[0][1] != seen[1][1]


def test_paper_shows_the_appendix_too(browser: chromium.Browser, page: Path) -> None:
    browser.open(page)
    seen = "document.querySelector('.plain').checkVisibility()"
    assert browser.run("document.querySelector('details').open") is False
    assert browser.run(seen) is False
    browser.call("Emulation.setEmulatedMedia", media="print")
    assert browser.run(seen) is True
    assert browser.run("getComputedStyle(document.querySelector('nav')).display") == "none"
    assert browser.print().startswith(b"%PDF")
