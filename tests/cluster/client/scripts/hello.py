"""Says which stores MLflow uses for an http address, and what is loaded."""

import json
import sys

from mlflow.tracking._model_registry.utils import _get_store as registry_store
from mlflow.tracking._tracking_service.utils import _get_store as tracking_store

print(
    json.dumps(
        {
            "tracking": type(tracking_store()).__module__,
            "registry": type(registry_store()).__module__,
            "loaded": sorted(name for name in sys.modules if name.startswith("mlflow_ha")),
        }
    )
)
