"""Every Python example of the migration guide does what it says, against a real server."""

import re
from pathlib import Path

from tests.cluster.client.conftest import Reached
from tests.cluster.client.environment import Ready
from tools.evidence import ROOT

GUIDE = ROOT / "docs" / "guides" / "migration.md"
_BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def test_its_examples_run_from_the_first_to_the_last(
    ready: Ready, ours: Reached, tmp_path: Path
) -> None:
    blocks = _BLOCK.findall(GUIDE.read_text(encoding="utf-8"))
    assert blocks
    script = tmp_path / "guide.py"
    script.write_text(
        "\n".join(f"{block}\nprint('done', {n})" for n, block in enumerate(blocks)),
        encoding="utf-8",
    )
    printed = ready.run_path(script, environment=ours.variables).succeeded()
    assert re.findall(r"^done (\d+)$", printed, re.MULTILINE) == [
        str(n) for n in range(len(blocks))
    ]


def test_no_example_is_written_so_that_it_is_not_run() -> None:
    """Blocks that only show Python are run as well; others say what they are."""
    fences = re.findall(r"^```(\w*)$", GUIDE.read_text(encoding="utf-8"), re.MULTILINE)
    assert set(fences) <= {"", "python", "diff", "console"}
    opened = fences[::2]
    assert "" not in opened
