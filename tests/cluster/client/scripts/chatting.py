"""Logs much in little time; notes each call once it has returned, with the moment."""

import sys
import time

import mlflow
from mlflow_ha import flush


def main(name: str, calls: int, notes: str) -> None:
    mlflow.set_experiment(f"experiment-{name}")
    with open(notes, "a", encoding="utf-8") as noted, mlflow.start_run(run_name=name) as run:  # noqa: PTH123  (nothing more is imported here)
        mlflow.log_param("before", "1")
        for step in range(calls):
            mlflow.log_metric("m", float(step), step=step)
            if step % 10 == 0:
                mlflow.set_tag("last", str(step))
                mlflow.log_params({f"p{step}": str(step)})
            noted.write(f"{step} {time.monotonic()}\n")
            noted.flush()
        # What was just logged is read back, wherever it is now.
        assert mlflow.get_run(run.info.run_id).data.metrics == {"m": float(calls - 1)}
        mlflow.log_metric("after", 1.0)
    assert flush(60)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
