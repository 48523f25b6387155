"""Lists and fetches what direct.py logged to a run."""

import sys
import tempfile
from pathlib import Path

import mlflow
from mlflow import MlflowClient


def main(run_id: str) -> None:
    assert [info.path for info in MlflowClient().list_artifacts(run_id)] == ["deep", "one.txt"]
    with tempfile.TemporaryDirectory() as folder:
        back = mlflow.artifacts.download_artifacts(
            run_id=run_id, artifact_path="deep/er/two.bin", dst_path=folder
        )
        assert Path(back).read_bytes() == bytes(range(256))


if __name__ == "__main__":
    main(sys.argv[1])
