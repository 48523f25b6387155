"""A drill's page holds its verdict, its clients side by side and what servers logged, escaped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from chaos.report.excerpts import MOST_LINES, MOST_REQUESTS, excerpts, lines_in
from chaos.report.page import write_page
from chaos.result import Result
from tests.unit.chaos.report.sample import CREW, crashed, log_file


def with_crews(monkeypatch: pytest.MonkeyPatch, crews: dict[str, Any]) -> Result:
    plain = Result.to_json
    monkeypatch.setattr(Result, "to_json", lambda self: {**plain(self), "crews": crews})
    return crashed()


def test_a_result_of_one_crew_has_no_table_of_crews(tmp_path: Path) -> None:
    page = write_page(crashed(), tmp_path).read_text()
    assert "passed" in page
    assert "Clients side by side" not in page


def test_crews_stand_side_by_side_the_stock_client_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unread = {**CREW, "failed": 0, "lost": None, "p99_s": None}
    result = with_crews(monkeypatch, {"later": CREW, "shim": unread, "stock": CREW})
    page = write_page(result, tmp_path).read_text()
    table = page[page.index('id="crews"') :]
    table = table[: table.index("</table>")]
    names = ("stock MLflow client", "mlflow-ha client", "later")
    places = [table.index(f"<td>{name}</td>") for name in names]
    assert places == sorted(places)
    assert '<td class="n">?</td>' in table
    assert '<td class="n">4.2 s</td>' in table
    assert '<td class="n">\N{EN DASH}</td>' in table


def test_latencies_under_one_key_are_shown_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = {name: value for name, value in CREW.items() if not name.endswith("_s")}
    seconds = {"count": 9, "p50": 0.125, "p99": None, "max": 61.5}
    result = with_crews(monkeypatch, {"shim-spool": {**bare, "registration_seconds": seconds}})
    page = write_page(result, tmp_path).read_text()
    for figure in ("125 ms", "\N{EN DASH}", "61.5 s"):
        assert f'<td class="n">{figure}</td>' in page


def test_what_servers_logged_stands_below_the_errors_and_is_linked_from_them(
    tmp_path: Path,
) -> None:
    logged = {"req-20": ["app-1 mlflow: {'status': 503, 'error': '<script>'}"]}
    page = write_page(crashed(), tmp_path, logged).read_text()
    assert '<a href="#req-20">req-20</a>' in page
    assert '<details open id="req-20">' in page
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "&lt;db-1&gt;" in page
    assert "no primary &lt;yet&gt;" in page


class Logging:
    """A target whose logs can be read."""

    def __init__(self) -> None:
        self.asked: list[tuple[Sequence[str], datetime]] = []

    def log_lines(self, request_ids: Sequence[str], since: datetime) -> Mapping[str, Sequence[str]]:
        self.asked.append((request_ids, since))
        return {request_ids[0]: ["a line"]}


def test_only_requests_that_were_answered_and_refused_are_looked_up() -> None:
    target, operations = Logging(), crashed().operations
    assert excerpts(target, operations) == {"req-20": ["a line"]}
    [(asked, since)] = target.asked
    assert list(asked) == [f"req-{number}" for number in range(20, 26)]
    assert len(asked) <= MOST_REQUESTS
    first = min(each.at for each in operations if not each.acknowledged)
    assert since < datetime.fromtimestamp(first, UTC)


def test_a_target_without_logs_and_a_drill_without_errors_have_no_excerpts() -> None:
    operations = crashed().operations
    assert excerpts(object(), operations) == {}
    target = Logging()
    assert excerpts(target, [each for each in operations if each.acknowledged]) == {}
    assert target.asked == []


def test_lines_of_log_files_are_found_by_request_id_and_say_where_they_are_from(
    tmp_path: Path,
) -> None:
    files = [
        log_file(tmp_path, "lb-1", "haproxy", '{"request_id":"aa-1"}\n{"request_id":"aa-2"}\n'),
        log_file(tmp_path, "app-1", "mlflow", "aa-1 said\n" * (MOST_LINES + 5)),
    ]
    found = lines_in(files, ["aa-1", "bb-9"])
    assert list(found) == ["aa-1"]
    assert len(found["aa-1"]) == MOST_LINES
    assert found["aa-1"][0] == "app-1 mlflow: aa-1 said"
    assert lines_in([files[0]], ["aa-1"]) == {"aa-1": ['lb-1 haproxy: {"request_id":"aa-1"}']}
    assert lines_in(files, []) == {}
