"""The MLflow UI works through the front door in a real browser: log in, find a run, see its figure.

The screenshots are left in build/ui/ for a person to look at.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from mlflow import MlflowClient
from playwright.sync_api import Browser, Page, expect, sync_playwright
from playwright.sync_api import Error as BrowserError

from local.cluster import Cluster
from tests.cluster.input.training import CALM_SECONDS, ROOT, training, unique

pytestmark = pytest.mark.cluster

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SCREENSHOTS = ROOT / "build" / "ui"
FIGURE = "confusion_matrix.png"
# The UI is many megabytes of JavaScript, which two busy cores take long to run.
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


def test_without_a_password_the_ui_is_refused(cluster: Cluster, browser: Browser) -> None:
    """The server answers 401, to which a headless browser has nothing to say."""
    page = browser.new_page()
    with pytest.raises(BrowserError, match="ERR_INVALID_AUTH_CREDENTIALS"):
        page.goto(f"{cluster.endpoint}/", timeout=SHOWN_MS)


def test_the_ui_shows_the_run_of_a_training_script_and_its_figure(
    cluster: Cluster, tracking: MlflowClient, browser: Browser, tmp_path: Path
) -> None:
    """From the list of experiments to the pixels of the confusion matrix."""
    experiment = unique("ui")
    with training(cluster, tmp_path, name=experiment, rounds=5) as script:
        script.finish(within=CALM_SECONDS)
        run = tracking.get_run(script.found("run_id"))
    page = logged_in(cluster, browser)

    page.goto(f"{cluster.endpoint}/#/experiments", timeout=SHOWN_MS)
    page.get_by_role("link", name=experiment).first.click(timeout=SHOWN_MS)
    page.goto(f"{cluster.endpoint}/#/experiments/{run.info.experiment_id}/runs")
    page.get_by_role("link", name=str(run.info.run_name)).first.click(timeout=SHOWN_MS)
    expect(page.get_by_role("heading", name=str(run.info.run_name))).to_be_visible(timeout=SHOWN_MS)
    metric = page.get_by_role("row").filter(has_text="test_accuracy").first
    metric.scroll_into_view_if_needed(timeout=SHOWN_MS)
    expect(metric).to_contain_text(str(run.data.metrics["test_accuracy"])[:6])
    screenshot(page, "run")

    page.goto(script.found("url") + f"/artifacts/{FIGURE}")
    figure = page.locator("img[src^='blob:']").first
    expect(figure).to_be_visible(timeout=SHOWN_MS)
    width = figure.evaluate("async image => { await image.decode(); return image.naturalWidth }")
    screenshot(page, "figure")
    assert width > 0


def logged_in(cluster: Cluster, browser: Browser) -> Page:
    """A page whose browser answers MLflow's request for credentials."""
    environment = cluster.client_environment()
    parts = urlsplit(cluster.endpoint)
    context = browser.new_context(
        viewport={"width": 1400, "height": 900},
        http_credentials={
            "username": environment["MLFLOW_TRACKING_USERNAME"],
            "password": environment["MLFLOW_TRACKING_PASSWORD"],
            "origin": f"{parts.scheme}://{parts.netloc}",
        },
    )
    return context.new_page()


def screenshot(page: Page, name: str) -> None:
    """Leave a picture of the page."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png")
