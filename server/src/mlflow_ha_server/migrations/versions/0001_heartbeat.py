"""heartbeat: one row per instance, rewritten by /writable."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "heartbeat",
        sa.Column("instance", sa.Text(), primary_key=True),
        sa.Column("at", sa.TIMESTAMP(timezone=True), nullable=False),
        schema="mlflow_ha",
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("heartbeat", schema="mlflow_ha")
