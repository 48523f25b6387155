"""idempotency: one row per key, committed with what the request did."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "idempotency",
        sa.Column("key", sa.LargeBinary(), primary_key=True, comment="SHA-256 of the key"),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False, comment="SHA-256 of the request"),
        sa.Column("method", sa.Text(), comment="the store's method whose transaction this is"),
        sa.Column("made", postgresql.JSONB(), nullable=False, comment="rows of that transaction"),
        sa.Column(
            "at",
            sa.TIMESTAMP(timezone=True),
            nullable=False,
            server_default=sa.func.now(),
        ),
        sa.Column("status", sa.SmallInteger(), comment="of the answer; null until it is kept"),
        sa.Column("content_type", sa.Text()),
        sa.Column("body", sa.LargeBinary()),
        schema="mlflow_ha",
    )
    op.create_index("idempotency_at", "idempotency", ["at"], schema="mlflow_ha")


def downgrade() -> None:
    """Drop the table; keys that arrive again will be carried out again."""
    op.drop_table("idempotency", schema="mlflow_ha")
