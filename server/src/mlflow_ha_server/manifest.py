"""What a dump's manifest says: pure, no I/O.

A dump counts only with its manifest, which is written last.
"""

from datetime import UTC, datetime
from typing import Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

NAME = r"^\d{8}T\d{6}Z$"
"""A dump's name: the moment it began, UTC. The order of names is that of the moments."""


class ManifestError(Exception):
    """The text is not a manifest this release understands."""


class Manifest(BaseModel):
    """One complete dump.

    Attributes:
        format: of this manifest; 1.
        name: the dump's name.
        sha256: of the dump, hexadecimal.
        size: of the dump, bytes.
        server: major version of the PostgreSQL that was dumped.
        pg_dump: major version of the program that dumped it.
        revisions: alembic's revision by part of the schema.
        started: when the dump began.
        finished: when its last byte was stored.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = Field(default=1, ge=1, le=1)
    name: str = Field(pattern=NAME)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    size: int = Field(gt=0)
    server: int
    pg_dump: int
    revisions: dict[str, str]
    started: AwareDatetime
    finished: AwareDatetime

    @classmethod
    def read(cls, text: str | bytes) -> Self:
        """Return the manifest that was written.

        Raises:
            ManifestError: names what is missing or wrong.
        """
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            where = ", ".join(
                f"{'.'.join(map(str, e['loc'])) or 'text'}: {e['msg']}" for e in error.errors()
            )
            raise ManifestError(f"is not a manifest of a dump ({where})") from None


def name_of(moment: datetime) -> str:
    """Return the name of a dump that begins at this moment."""
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
