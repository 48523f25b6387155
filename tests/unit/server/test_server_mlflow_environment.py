"""Proves what MLflow is told, and that its file with a password is nobody else's to read."""

import configparser
import os
import stat
from pathlib import Path

import pytest
from mlflow_ha_server.configuration import PREFIX, ServeConfiguration
from mlflow_ha_server.mlflow_environment import allowed_origins, auth_ini, in_place, variables

CONFIGURATION = ServeConfiguration.from_environment(
    {
        PREFIX + "INSTANCE": "app-1",
        PREFIX + "DATABASE_URI": "postgresql://mlflow_app:p%25ssword-x@db/mlflow",
        PREFIX + "SECRET_KEY": "a-key-long-enough",
        PREFIX + "ARTIFACTS_DESTINATION": "s3://artifacts",
        PREFIX + "ALLOWED_HOSTS": "lb:8080",
    }
)


def test_what_is_per_host_is_off_and_what_is_shared_is_given() -> None:
    given = variables(CONFIGURATION, Path("/x"))
    assert given["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] == "false"
    assert given["MLFLOW_SERVER_ALLOWED_HOSTS"] == "lb:8080"
    assert given["_MLFLOW_SERVER_SERVE_ARTIFACTS"] == "true"
    assert given["_MLFLOW_SERVER_ARTIFACT_ROOT"] == "mlflow-artifacts:/"
    assert given["MLFLOW_DISABLE_TELEMETRY"] == "true"


def test_the_ui_may_post_from_under_the_allowed_names() -> None:
    assert allowed_origins(("lb:8080",)) == "http://lb:8080,https://lb:8080"
    assert allowed_origins(("a", "*")) == "*"


def test_mlflows_parser_reads_the_password_back() -> None:
    parser = configparser.ConfigParser()
    parser.read_string(auth_ini(CONFIGURATION))
    assert "p%25ssword-x" in parser["mlflow"]["database_uri"]
    assert parser.getint("mlflow", "auth_cache_ttl_seconds") == 60


def test_the_file_is_private_and_gone_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", dict(os.environ))
    with in_place(CONFIGURATION):
        file = Path(os.environ["MLFLOW_AUTH_CONFIG_PATH"])
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert not file.parent.exists()
