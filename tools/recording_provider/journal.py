"""What the provider was asked, one JSON object a line, secrets left out."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any


class Journal:
    """An append-only file that many threads may write to.

    Args:
        path: Where to write; the file is made anew.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("", encoding="utf-8")

    def write(self, method: str, **entry: Any) -> None:
        line = json.dumps({"method": method, **entry}, sort_keys=False)
        with self._lock, self.path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    def read(self) -> list[dict[str, Any]]:
        with self._lock:
            return [json.loads(line) for line in self.path.read_text(encoding="utf-8").splitlines()]
