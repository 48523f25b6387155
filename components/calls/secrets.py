"""Passwords that are made and kept inside AWS: no caller ever returns one."""

from __future__ import annotations

import json
import uuid

import stamina

from components.calls.clients import secretsmanager

PASSWORD_LENGTH = 40
"""RDS takes 8 to 41 characters."""
LONGEST_WAIT_FOR_A_NEW_SECRET = 30.0
"""Seconds until a secret that was just made is known everywhere."""


def put_new_password(*, secret_arn: str, username: str, region: str) -> str:
    """Make a password and store it, with its user name, as the secret's current value.

    Punctuation is left out: the password also stands in connection strings.

    Args:
        secret_arn: The secret, which exists.
        username: Stored beside the password.
        region: Where the secret is.

    Returns:
        The version's id. The password itself is never returned.
    """
    client = secretsmanager(region)
    password = client.get_random_password(PasswordLength=PASSWORD_LENGTH, ExcludePunctuation=True)
    value = json.dumps({"username": username, "password": password["RandomPassword"]})
    token = uuid.uuid4().hex
    for attempt in stamina.retry_context(
        on=client.exceptions.ResourceNotFoundException,
        attempts=None,
        timeout=LONGEST_WAIT_FOR_A_NEW_SECRET,
    ):
        with attempt:
            answer = client.put_secret_value(
                SecretId=secret_arn, ClientRequestToken=token, SecretString=value
            )
    return answer["VersionId"]


def password_of(*, secret_arn: str, version_id: str, region: str) -> str:
    """Read the password of one version; for a caller that hands it on to AWS and forgets it."""
    answer = secretsmanager(region).get_secret_value(SecretId=secret_arn, VersionId=version_id)
    password: str = json.loads(answer["SecretString"])["password"]
    return password
