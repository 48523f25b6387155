"""A snapshot of the database before another image changes its schema."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pulumi import Input, Output, ResourceOptions
from pulumi.dynamic import CreateResult, DiffResult, Resource, ResourceProvider, UpdateResult

from components.calls.snapshots import Kind, take_snapshot

INPUTS = ("kind", "identifier", "environment", "image", "region", "tags")
DIGEST_CHARACTERS = 12
"""So many of the digest name an image, as container tools show it."""


@dataclass(frozen=True, kw_only=True)
class SchemaSnapshotArgs:
    """Args of `SchemaSnapshot`.

    Args:
        kind: What `identifier` names.
        identifier: The cluster or instance.
        environment: Begins the snapshot's name.
        image: By digest; another one is the reason for a snapshot.
        region: Where the database is.
        tags: The snapshot's tags.
    """

    kind: Kind
    identifier: Input[str]
    environment: str
    image: str
    region: str
    tags: dict[str, str]


class SchemaSnapshotProvider(ResourceProvider):
    """Takes a snapshot when the image changes. The first image meets an empty database."""

    serialize_as_secret_always = False

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        another = [key for key in ("kind", "identifier") if olds.get(key) != news.get(key)]
        changed = bool(another) or olds.get("image") != news.get("image")
        return DiffResult(changes=changed, replaces=another)

    def create(self, props: dict[str, Any]) -> CreateResult:
        outs = {**_inputs(props), "snapshot": "", "taken": 0}
        return CreateResult(id_=f"{props['environment']}-schema-snapshot", outs=outs)

    def update(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        taken = int(olds["taken"]) + 1
        name = snapshot_name(news["environment"], news["image"], taken)
        take_snapshot(
            kind=news["kind"],
            identifier=news["identifier"],
            name=name,
            region=news["region"],
            tags=news["tags"],
        )
        return UpdateResult(outs={**_inputs(news), "snapshot": name, "taken": taken})


class SchemaSnapshot(Resource, module="mlflow-ha", name="SchemaSnapshot"):
    """The last snapshot that was taken before a migration; its name is empty before the first."""

    snapshot: Output[str]
    taken: Output[int]

    def __init__(
        self, name: str, args: SchemaSnapshotArgs, opts: ResourceOptions | None = None
    ) -> None:
        properties: dict[str, Any] = {key: getattr(args, key) for key in INPUTS}
        properties |= {"snapshot": None, "taken": None}
        super().__init__(SchemaSnapshotProvider(), name, properties, opts)


def snapshot_name(environment: str, image: str, number: int) -> str:
    """Return the name of the snapshot taken before `image` migrates, the `number`-th in all."""
    digest = image.rpartition("sha256:")[2]
    return f"{environment}-{digest[:DIGEST_CHARACTERS]}-{number}"


def _inputs(props: dict[str, Any]) -> dict[str, Any]:
    return {key: props[key] for key in INPUTS}
