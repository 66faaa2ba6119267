"""Factor search"""

from __future__ import annotations

from alembic import op

from factor_db.store.search_tables import create_search_tables, drop_search_tables

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the revision; the floor above fills the index when it opens the store."""
    create_search_tables(op.get_bind())


def downgrade() -> None:
    """Take the revision back."""
    drop_search_tables(op.get_bind())
