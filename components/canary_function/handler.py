"""What Lambda calls every few minutes."""

from __future__ import annotations

import json
import os
import time
from typing import Any

from components.canary_function.observation import line
from components.canary_function.registration import Login, StepFailed, register


def handle(_event: Any, _context: Any) -> None:
    """Register once and write down how it went; a failure is told, not raised."""
    environment = os.environ
    failure, seconds = None, None
    try:
        seconds = register(environment["FRONT_DOOR"], _login(environment["SECRET_ARN"]))
    except StepFailed as failed:
        failure = str(failed)
    except Exception as error:  # noqa: BLE001  (whatever it is, no registration succeeded)
        failure = f"the canary itself: {type(error).__name__}"
    print(
        line(
            at=time.time(),
            environment=environment["ENVIRONMENT"],
            namespace=environment["NAMESPACE"],
            interval=float(environment["INTERVAL_SECONDS"]),
            seconds=seconds,
            failure=failure,
        )
    )


def _login(secret_arn: str) -> Login:
    import boto3  # noqa: PLC0415  (of Lambda's runtime)

    held = boto3.client("secretsmanager").get_secret_value(SecretId=secret_arn)
    found = json.loads(held["SecretString"])
    return Login(found["username"], found["password"])
