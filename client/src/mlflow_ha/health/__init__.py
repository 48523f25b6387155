"""How MLflow does, as this process sees it, over HTTP: for probes, dashboards and people.

    from fastapi import FastAPI
    from mlflow_ha.health import router

    app = FastAPI()
    app.mount("/mlflow-ha", router())

    $ mlflow-ha health        # or alone: a process that looks at the server by itself

report.py    what there is to tell, and whether that is well
paths.py     the paths, and who may do what
watch.py     looks at a server that no call of this process tells anything about
serving.py   the router in a process of its own
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.routing import Router


def router() -> Router:
    """Return the paths of the health API; mount it in any Starlette or FastAPI application.

    Raises:
        MissingPackage: The extra `mlflow-ha[health]` is not installed.
    """
    from mlflow_ha import extra  # noqa: PLC0415  (only who asks pays)

    with extra.explained():
        from mlflow_ha.health.paths import made  # noqa: PLC0415  (needs optional packages)
    return made()
