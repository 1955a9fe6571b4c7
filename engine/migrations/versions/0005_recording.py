"""Drafts, pauses, dry runs."""

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """New tables; nothing that stands is changed."""
