"""What a run tells CloudWatch: one line of its log, from which CloudWatch takes the metrics.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

import json


def line(
    *,
    at: float,
    environment: str,
    namespace: str,
    interval: float,
    seconds: float | None,
    failure: str | None,
) -> str:
    """Return the line.

    Args:
        at: Seconds since 1970.
        environment: Dimension of the metrics.
        namespace: Of the metrics.
        interval: Seconds since the run before: what a failure says to have gone by.
        seconds: The registration took; None if there was none.
        failure: Why not.
    """
    succeeded = failure is None
    values: dict[str, float] = {
        "Succeeded": float(succeeded),
        "UnavailableSeconds": 0.0 if succeeded else interval,
    }
    if seconds is not None:
        values["Seconds"] = seconds
    metrics = [
        {"Name": name, "Unit": "None" if name == "Succeeded" else "Seconds"} for name in values
    ]
    return json.dumps(
        {
            "_aws": {
                "Timestamp": int(at * 1000),
                "CloudWatchMetrics": [
                    {"Namespace": namespace, "Dimensions": [["Environment"]], "Metrics": metrics}
                ],
            },
            "Environment": environment,
            **values,
            **({"failure": failure} if failure else {}),
        }
    )
