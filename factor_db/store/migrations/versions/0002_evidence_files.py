"""Evidence files"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the revision."""
    op.create_table(
        "evidencefile",
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner"],
            ["organisation.code"],
            name=op.f("fk_evidencefile_owner_organisation"),
        ),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_evidencefile_site_site")),
        sa.PrimaryKeyConstraint("sha256", "owner", name=op.f("pk_evidencefile")),
    )
    with op.batch_alter_table("evidencefile", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_evidencefile_site"), ["site"], unique=False)


def downgrade() -> None:
    """Take the revision back."""
    with op.batch_alter_table("evidencefile", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_evidencefile_site"))

    op.drop_table("evidencefile")
