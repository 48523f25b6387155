"""The address of the database's writer, for a task that must not go through the proxy."""

from pulumi import Input, Output

from components.database_plan import PORT

CERTIFICATES = "/etc/ssl/certs/rds.pem"
"""RDS's own authorities, as the image carries them."""


def writer_address(endpoint: Input[str], database: str) -> Output[str]:
    """Return a URI without user or password: libpq takes those from PGUSER and PGPASSWORD.

    Args:
        endpoint: Host name of the writer.
        database: The database's name.
    """
    return Output.concat(
        "postgresql://",
        endpoint,
        f":{PORT}/{database}?sslmode=verify-full&sslrootcert={CERTIFICATES}",
    )
