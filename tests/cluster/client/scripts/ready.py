"""Imports what takes long, then runs scripts in forks of itself, as it is told on its input."""

import atexit
import json
import os
import runpy
import sys
import threading
import traceback
from typing import Any

import mlflow
import mlflow.sklearn
import sklearn.linear_model  # noqa: F401  (imported once for all)
from mlflow.store.artifact import mlflow_artifacts_repo, s3_artifact_repo  # noqa: F401  (as above)
from mlflow.store.tracking import rest_store  # noqa: F401  (as above)

_codes: dict[int, int] = {}


def begin(order: dict[str, Any]) -> int:
    pid = os.fork()
    if pid:
        return pid
    os.environ.update(order["environment"])
    for number, kind in ((0, None), (1, "out"), (2, "err")):
        path = os.devnull if kind is None else f"{os.path.splitext(order['told'])[0]}.{kind}"  # noqa: PTH122  (a fork has no time for more imports)
        os.dup2(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), number)
    sys.argv = [order["script"], *order["arguments"]]
    if uri := os.environ.get("MLFLOW_TRACKING_URI"):
        mlflow.set_tracking_uri(uri)
    code = 0
    try:
        runpy.run_path(order["script"], run_name="__main__")
    except SystemExit as asked:
        code = asked.code if isinstance(asked.code, int) else 1
    except BaseException:  # noqa: BLE001  (as the interpreter does at its end)
        traceback.print_exc()
        code = 1
    threading._shutdown()  # as the interpreter does at its end
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def ended(pid: int) -> int | None:
    if pid not in _codes:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            _codes[pid] = os.waitstatus_to_exitcode(status)
    return _codes.get(pid)


for line in sys.stdin:
    question = json.loads(line)
    if "script" in question:
        answer: int | None = begin(question)
    elif "wait" in question:
        answer = ended(question["wait"])
    else:
        answer = 0
    print(json.dumps(answer), flush=True)
