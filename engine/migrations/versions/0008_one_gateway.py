"""One unit, one gateway: since when it has the unit, and which file stands behind a name."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Two columns that may stay empty."""
    op.add_column("gateway_unit", sa.Column("since", sa.BigInteger(), nullable=True))
    op.add_column("gateway", sa.Column("source", sa.Text(), nullable=True))
