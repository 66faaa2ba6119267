"""Instruments used once"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the revision."""
    op.create_table(
        "instrumentuse",
        sa.Column("serial", sa.String(), nullable=False),
        sa.Column("ledger", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("cell", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ledger"],
            ["ledgerfile.sha256"],
            name=op.f("fk_instrumentuse_ledger_ledgerfile"),
        ),
        sa.ForeignKeyConstraint(
            ["owner"],
            ["organisation.code"],
            name=op.f("fk_instrumentuse_owner_organisation"),
        ),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_instrumentuse_site_site")),
        sa.PrimaryKeyConstraint("serial", name=op.f("pk_instrumentuse")),
    )
    with op.batch_alter_table("instrumentuse", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_instrumentuse_ledger"), ["ledger"], unique=False)


def downgrade() -> None:
    """Take the revision back."""
    with op.batch_alter_table("instrumentuse", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_instrumentuse_ledger"))

    op.drop_table("instrumentuse")
