"""A service that trains: FastAPI with the health API mounted; prints what that says afterwards."""

import json
import socket
import threading

import httpx
import mlflow
import uvicorn
from fastapi import FastAPI
from mlflow_ha.health import router

app = FastAPI()
app.mount("/mlflow-ha", router())


@app.post("/train")
def train() -> dict[str, str]:
    mlflow.set_experiment("serving")
    with mlflow.start_run() as run:
        mlflow.log_metric("loss", 0.5)
        mlflow.log_text("it learns", "notes.txt")
    return {"run_id": run.info.run_id}


with socket.create_server(("127.0.0.1", 0)) as listener:
    here = f"http://127.0.0.1:{listener.getsockname()[1]}"
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    with httpx.Client(base_url=here, timeout=60) as asked:
        told = asked.post("/train").json()
        told["mlflow"] = asked.get("/mlflow-ha/health/mlflow").json()
        told["metrics"] = asked.get("/mlflow-ha/metrics").text
    server.should_exit = True
    thread.join()
print(json.dumps(told))
