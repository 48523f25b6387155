"""A suite's pages show in a real browser: from the index to the plot, without an error or a request.

The screenshots are left in build/ui/ for a person to look at.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from chaos.report.page import write_index, write_page
from chaos.result import Result
from tests.unit.chaos.report.sample import CREW, crashed

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
SCREENSHOTS = Path(__file__).parents[4] / "build" / "ui"
SHOWN_MS = 60_000


@pytest.fixture
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is missing: install the package chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=FLAGS, headless=True, timeout=SHOWN_MS
        )
        yield browser
        browser.close()


def test_from_the_index_to_a_drills_plot_crews_and_log(
    tmp_path: Path, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = Result.to_json
    crews = {"stock": CREW, "shim": {**CREW, "failed": 0}}
    monkeypatch.setattr(Result, "to_json", lambda self: {**plain(self), "crews": crews})
    result = crashed()
    folder = tmp_path / "primary-crash"
    folder.mkdir()
    write_page(result, folder, {"req-20": ["app-1 mlflow: no primary"]})
    write_index([("primary-crash", result.to_json())], tmp_path)

    page = browser.new_page(viewport={"width": 1200, "height": 900})
    page.set_default_timeout(SHOWN_MS)
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda asked: wrong.append(asked.url) if "file:" not in asked.url else None)
    page.goto(f"file://{tmp_path}/index.html")
    expect(page.get_by_text("1 passed")).to_be_visible()
    page.get_by_role("link", name="primary-crash").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(result.drill.title)
    plot = page.locator("svg.plot")
    expect(plot).to_be_visible()
    box = plot.bounding_box()
    assert box is not None
    assert box["width"] > 600
    assert box["height"] > 200
    dots = page.locator("svg.plot path.dots.failed")
    assert str(dots.get_attribute("d")).count("M") == 6
    assert dots.evaluate("dots => getComputedStyle(dots).stroke") == "rgb(194, 53, 43)"
    expect(page.locator("#crews tr")).to_have_count(3)
    page.get_by_role("link", name="req-20").click()
    expect(page.get_by_text("app-1 mlflow: no primary")).to_be_in_viewport()
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / "drill.png", full_page=True)
    assert wrong == []
