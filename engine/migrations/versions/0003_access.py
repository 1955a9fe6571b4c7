"""Sessions, badges, stations, settings."""

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """New tables; nothing that stands is changed."""
