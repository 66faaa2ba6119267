"""Installations whose own power is claimed; serials by letters and digits"""

from __future__ import annotations

import unicodedata

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
    _fold_serials()


def _fold_serials() -> None:
    """Write each serial as it is compared now; of two spellings of one the first stays."""
    connection = op.get_bind()
    table = sa.table("instrumentuse", sa.column("serial", sa.String))
    known = list(connection.execute(sa.select(table.c.serial).order_by(table.c.serial)).scalars())
    taken = set(known)
    for serial in known:
        folded = unicodedata.normalize("NFKC", serial).upper()
        key = "".join(sign for sign in folded if sign.isalnum())
        if key and key not in taken:
            taken.add(key)
            connection.execute(
                table.update().where(table.c.serial == serial).values(serial=key)
            )


def downgrade() -> None:
    """Take the revision back."""
    with op.batch_alter_table("installationuse", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_installationuse_installation"))

    op.drop_table("installationuse")
