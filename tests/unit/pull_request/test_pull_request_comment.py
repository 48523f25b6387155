"""The comment on a pull request says first what may lose data, and runs nothing that others wrote."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from settings import STACKS
from tools.pull_request import cli
from tools.pull_request.changes import Change, PreviewError, changes
from tools.pull_request.comment import LIMIT, Section, comment
from tools.pull_request.costs import cost_section
from tools.pull_request.markdown import bounded, code
from tools.pull_request.rules import policy_section

PARENT = "mlflow-ha:aws:Database$"


def step(op: str, kind: str, name: str, **more: object) -> dict[str, Any]:
    return {"op": op, "urn": f"urn:pulumi:prod::mlflow-ha::{PARENT}{kind}::{name}", **more}


def preview(folder: Path, *steps: dict[str, Any]) -> Path:
    path = folder / "preview-prod.json"
    path.write_text(json.dumps({"steps": steps}), encoding="utf-8")
    return path


def section(*found: Change, cost: str = "Unchanged.", policies: str = "All hold.") -> Section:
    return Section("prod", found, [cost], [policies])


def stacks(folder: Path, old: str = "", new: str = "") -> Path:
    shutil.copytree(STACKS, folder)
    path = folder / "Pulumi.prod.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return folder


BUCKET = Change("delete", "aws:s3/bucket:Bucket", "mlflow-artifacts", ())
ALARM = Change("delete", "aws:cloudwatch/metricAlarm:MetricAlarm", "mlflow-writable", ())


def test_what_stays_the_same_is_left_out(tmp_path: Path) -> None:
    found = changes(
        preview(
            tmp_path,
            step("same", "aws:ec2/vpc:Vpc", "a"),
            step("create", "aws:sns/topic:Topic", "b"),
        )
    )
    assert found == (Change("create", "aws:sns/topic:Topic", "b", ()),)


def test_the_steps_of_a_replacement_are_one_change_with_its_reason(tmp_path: Path) -> None:
    kind = "aws:rds/cluster:Cluster"
    found = changes(
        preview(
            tmp_path,
            step("create-replacement", kind, "db", replaceReasons=["storageType"]),
            step("replace", kind, "db", replaceReasons=["storageType"]),
            step("delete-replaced", kind, "db"),
        )
    )
    assert found == (Change("replace", kind, "db", ("storageType",)),)


@pytest.mark.parametrize("text", ["", "[]", '{"steps": [{"op": "create"}]}', '{"steps": 3}'])
def test_a_file_that_is_no_preview_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "preview-prod.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PreviewError, match="Make it anew"):
        changes(path)


def test_a_lost_bucket_is_shouted_before_everything_else() -> None:
    text = comment([section(ALARM, BUCKET)])
    assert text.index("DATA MAY BE LOST") < text.index("## ")
    assert "**DELETE** `mlflow-artifacts`" in text
    assert text.index("| `delete` | `mlflow-artifacts`") < text.index(
        "| `delete` | `mlflow-writable`"
    )


def test_what_holds_no_state_is_not_shouted() -> None:
    assert "DATA MAY BE LOST" not in comment([section(ALARM)])


def test_the_marker_is_the_first_line() -> None:
    assert comment([section()]).splitlines()[0] == "<!-- mlflow-ha preview: prod -->"


@pytest.mark.parametrize(
    "evil", ["`@team`", "a\n# b", "<img src=x>", "a|b", "-->", "x" * 500, "\u202eabc"]
)
def test_text_of_others_stays_within_its_code_span(evil: str) -> None:
    span = code(evil)
    assert span[0] == span[-1] == "`"
    assert not set(span[1:-1]) & set("`|\n\u202e")
    assert len(span) <= 162


def test_a_name_cannot_leave_its_row() -> None:
    evil = Change("create", "aws:sns/topic:Topic", "x`|\n[a](https://example.com)", ())
    rows = [line for line in comment([section(evil)]).splitlines() if "example.com" in line]
    assert rows == ["| `create` | `x'¦ [a](https://example.com)` | `aws:sns/topic:Topic` |  |"]


def test_a_comment_is_never_longer_than_github_takes() -> None:
    many = [Change("create", "aws:sns/topic:Topic", f"ü{number}", ()) for number in range(5000)]
    text = comment([section(*many)])
    assert LIMIT - 200 < len(text.encode()) <= LIMIT
    assert "Cut here" in text


def test_what_fits_is_not_cut() -> None:
    assert bounded("ü" * 5, 10, "cut") == "ü" * 5


def test_cost_changes_line_by_line(tmp_path: Path) -> None:
    head = stacks(tmp_path / "head", "storage_gib: 100", "storage_gib: 200")
    text = "\n".join(cost_section("prod", head, STACKS))
    assert "| `database: storage` | 34.50 | 69.00 | +34.50 |" in text
    assert "proxy" not in text


def test_unchanged_cost_is_one_line() -> None:
    assert cost_section("prod", STACKS, STACKS)[0].startswith("Unchanged: $")


def test_an_environment_that_is_new_has_no_cost_before(tmp_path: Path) -> None:
    assert cost_section("prod", STACKS, tmp_path)[0].startswith("New, or not priced before")


def test_settings_that_are_refused_are_told_in_a_code_span(tmp_path: Path) -> None:
    head = stacks(tmp_path / "head", "storage_gib: 100", "storage_gib: 1")
    (line,) = cost_section("prod", head, STACKS)
    assert line.startswith("The cost is not known: `")


def test_without_a_graph_policies_are_not_said_to_hold(tmp_path: Path) -> None:
    assert policy_section(tmp_path / "graph-prod.json") == ["Not judged: there is no graph."]


def test_the_command_writes_one_comment_for_all_stacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli, "BUILD", tmp_path)
    preview(tmp_path, step("delete", "aws:s3/bucket:Bucket", "mlflow-artifacts"))
    target = tmp_path / "comment.md"
    done = CliRunner().invoke(
        cli.app, ["prod", "--base", str(STACKS.parent), "--output", str(target)]
    )
    assert done.exit_code == 0, done.output
    assert "**DELETE** `mlflow-artifacts`" in target.read_text(encoding="utf-8")


def test_a_missing_preview_is_told_with_the_command_that_makes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli, "BUILD", tmp_path)
    done = CliRunner().invoke(cli.app, ["prod", "--base", str(tmp_path)])
    assert done.exit_code == 2
    assert "python -m tools.engine preview" in done.stderr
