"""Running Checkov, as a program in its own environment, and reading what it found."""

from __future__ import annotations

import json
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.scanner.plan import Values

ROOT = Path(__file__).parents[2]
INSTALL = ROOT / "tools" / "install-scanner"
PROGRAM = ROOT / "build" / "scanner-venv" / "bin" / "checkov"
LONGEST_RUN = 300
"""Seconds; an environment takes about five."""


class ScanError(RuntimeError):
    """Checkov is not there, or did not look at everything it was given."""


@dataclass(frozen=True, order=True)
class Finding:
    """One resource that fails one of Checkov's checks.

    Attributes:
        check: Such as "CKV_AWS_144".
        resource: Terraform's address, such as "aws_s3_bucket.artifacts".
        environment: The plan in which it stands.
        claim: What the check wants to be so.
    """

    check: str
    resource: str
    environment: str
    claim: str


def findings(environment: str, plan: Values) -> list[Finding]:
    """Scan the plan of one environment.

    Installs Checkov the first time (seconds). The scan itself calls nobody. Each plan has a run of
    its own: in a run of several, Checkov takes resources of one address for the same.

    Raises:
        ScanError: Checkov could not be installed, failed, or looked at fewer resources than there
            are.
    """
    if subprocess.run([str(INSTALL)], check=False).returncode:
        raise ScanError(f"Checkov could not be installed, see above. Run {INSTALL} again")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "plan.json"
        file.write_text(json.dumps(plan), encoding="utf-8")
        report = _run(file)
    given, read = len(plan["resource_changes"]), report.get("summary", report)["resource_count"]
    if read != given:
        raise ScanError(
            f"Checkov read {read} of {given} resources. Look at what tools/scanner/plan.py writes"
        )
    return sorted(
        Finding(
            check=failed["check_id"],
            resource=failed["resource"],
            environment=environment,
            claim=failed["check_name"],
        )
        for failed in report["results"]["failed_checks"]
    )


def _run(file: Path) -> dict[str, Any]:
    command = [
        str(PROGRAM),
        *("--file", str(file)),
        *("--framework", "terraform_plan"),
        *("--output", "json"),
        "--skip-download",  # of anything from Checkov's maker
        "--soft-fail",  # findings are no failure of the program
        "--compact",
        "--quiet",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=LONGEST_RUN)
    if done.returncode:
        raise ScanError(f"Checkov ended with {done.returncode}: {done.stderr[-2000:]}")
    report: dict[str, Any] = json.loads(done.stdout)
    return report
