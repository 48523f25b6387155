"""Every log line, MLflow's and uvicorn's too, is one JSON object on stdout."""

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import Any

_PASSWORD = re.compile(r"(://[^:/@\s]*):[^@\s]*@")


class JsonFormatter(logging.Formatter):
    """Turns a record, and the mapping in its ``fields``, into one line."""

    def __init__(self, instance: str) -> None:
        """Remember the name that every line carries."""
        super().__init__()
        self._instance = instance

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        moment = datetime.fromtimestamp(record.created, UTC)
        line: dict[str, Any] = {
            "time": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "instance": self._instance,
            "logger": record.name,
        }
        fields = getattr(record, "fields", None)
        if fields is None:
            line["message"] = _PASSWORD.sub(r"\1:***@", record.getMessage())
        else:
            line |= fields
        if record.exc_info:
            line["exception"] = _PASSWORD.sub(r"\1:***@", self.formatException(record.exc_info))
        return json.dumps(line, default=str, ensure_ascii=False)


def configure(instance: str) -> None:
    """Send everything to stdout as JSON, once; a second call replaces the first."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter(instance))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for name in ("mlflow", "alembic", "uvicorn", "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    logging.captureWarnings(capture=True)
    # One line per request is access_log.py's; uvicorn's would be a second.
    logging.getLogger("uvicorn.access").disabled = True
    logging.getLogger("alembic").setLevel(logging.WARNING)
