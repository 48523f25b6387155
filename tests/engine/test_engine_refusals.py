"""What the engine and the recording provider refuse, and that the text says what to do."""

import os
from pathlib import Path

import pytest

from tests.engine.conftest import SHELF, Made, Reopen
from tools.engine.session import recorded
from tools.engine.tasks import TaskResult
from tools.engine.workspace import WorkspaceError


def test_an_input_that_the_type_does_not_have_is_refused_with_the_nearest_name(
    shelf: Made, reopen: Reopen
) -> None:
    with reopen(shelf) as engine:
        engine.configure({"shelf:more": {"availabilityZon": "us-east-1a"}})
        refused = engine.preview()
    assert not refused.succeeded
    assert "by-name" in refused.output
    assert "has no input 'availabilityZon'. Did you mean 'availabilityZone'?" in refused.output


def test_a_missing_required_input_is_refused_by_name(shelf: Made, reopen: Reopen) -> None:
    with reopen(shelf) as engine:
        engine.configure({"shelf:without_vpc": True})
        refused = engine.preview()
    assert not refused.succeeded
    assert "homeless" in refused.output
    assert "Subnet needs 'vpcId', and it is missing" in refused.output


def test_a_task_that_fails_stops_the_update_with_its_log_lines(shelf: Made, reopen: Reopen) -> None:
    with reopen(shelf) as engine:
        engine.configure({"shelf:image": "shelf@sha256:4444"})
        lines = ("relation runs does not exist", "giving up")
        engine.account.end_tasks_with(TaskResult(exit_code=1, log_lines=lines))
        failed = engine.up()
        assert not failed.succeeded
        assert "; ".join(lines) in failed.output
        assert "service" not in failed.names("update"), "the service changed after a failed task"


def test_an_unknown_stack_is_refused_with_those_that_exist(tmp_path: Path) -> None:
    with (
        pytest.raises(WorkspaceError, match=r"no stack 'huge'.*Use one of: small"),
        recorded("huge", program=SHELF, folder=tmp_path),
    ):
        pass


def test_settings_from_another_file_are_refused_before_anything_is_made(tmp_path: Path) -> None:
    with recorded("dev", folder=tmp_path) as engine:
        engine.configure({"mlflow-ha:aws.rds.backup_days": 9})
        refused = engine.preview()
        assert not refused.succeeded
        assert "aws: Pulumi was given other values than stacks/Pulumi.dev.yaml" in refused.output
        assert "leave --config-file out" in refused.output
        assert not engine.requests("Create")


def test_two_runs_do_not_work_on_one_folder(tmp_path: Path) -> None:
    with (
        recorded("small", program=SHELF, folder=tmp_path),
        pytest.raises(WorkspaceError, match="another run works on"),
        recorded("small", program=SHELF, folder=tmp_path),
    ):
        pass


def test_credentials_of_the_user_do_not_reach_a_recorded_run(
    shelf: Made, reopen: Reopen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "the-users-own")
    monkeypatch.setenv("PULUMI_ACCESS_TOKEN", "the-users-own")
    with reopen(shelf) as engine:
        seen = engine._environment
    assert "the-users-own" not in seen.values()
    assert seen["AWS_ENDPOINT_URL"].startswith("http://127.0.0.1:")
    assert os.environ["AWS_PROFILE"] == "the-users-own"


def test_the_key_of_the_stack_is_readable_by_its_owner_only(shelf: Made) -> None:
    assert (shelf.folder / "passphrase").stat().st_mode & 0o777 == 0o600
