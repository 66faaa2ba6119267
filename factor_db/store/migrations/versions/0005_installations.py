"""Installations whose own power is claimed"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the revision."""
    op.create_table(
        "installationuse",
        sa.Column("ledger", sa.String(), nullable=False),
        sa.Column("installation", sa.String(), nullable=False),
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("share", sa.Text(), nullable=False),
        sa.Column("generated", sa.Text(), nullable=False),
        sa.Column("cell", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ledger"],
            ["ledgerfile.sha256"],
            name=op.f("fk_installationuse_ledger_ledgerfile"),
        ),
        sa.ForeignKeyConstraint(
            ["owner"],
            ["organisation.code"],
            name=op.f("fk_installationuse_owner_organisation"),
        ),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_installationuse_site_site")),
        sa.PrimaryKeyConstraint(
            "ledger", "installation", "month", name=op.f("pk_installationuse")
        ),
    )
    with op.batch_alter_table("installationuse", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_installationuse_installation"), ["installation"], unique=False
        )


def downgrade() -> None:
    """Take the revision back."""
    with op.batch_alter_table("installationuse", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_installationuse_installation"))

    op.drop_table("installationuse")
