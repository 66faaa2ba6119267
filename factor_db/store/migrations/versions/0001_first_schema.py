"""First schema"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the revision."""
    _people_and_log()
    _states_and_documents()
    _factors()
    _sites_and_files()
    _ledger_rows()


def _people_and_log() -> None:
    """People, organisations, the audit log and lineage."""
    op.create_table(
        "actor",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("organisation", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_actor")),
    )
    op.create_table(
        "auditleaf",
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("entry", sa.Text(), nullable=False),
        sa.Column("leaf_hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_auditleaf")),
    )
    op.create_table(
        "lineageedge",
        sa.Column("parent", sa.String(), nullable=False),
        sa.Column("child", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("parent", "child", name=op.f("pk_lineageedge")),
    )
    with op.batch_alter_table("lineageedge", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_lineageedge_child"), ["child"], unique=False
        )
    op.create_table(
        "organisation",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name_zh", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.Column("uscc", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_organisation")),
    )


def _states_and_documents() -> None:
    """State histories and documents."""
    op.create_table(
        "stateentry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subject_kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stateentry")),
    )
    with op.batch_alter_table("stateentry", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_stateentry_subject"), ["subject"], unique=False
        )
    op.create_table(
        "document",
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner"],
            ["organisation.code"],
            name=op.f("fk_document_owner_organisation"),
        ),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_document")),
        sa.UniqueConstraint("kind", "name", name=op.f("uq_document_kind")),
    )


def _factors() -> None:
    """Factor versions."""
    op.create_table(
        "factorversion",
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("factor_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("process", sa.String(), nullable=False),
        sa.Column("flow", sa.String(), nullable=False),
        sa.Column("quantity", sa.String(), nullable=False),
        sa.Column("geography", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("illustrative", sa.Boolean(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner"],
            ["organisation.code"],
            name=op.f("fk_factorversion_owner_organisation"),
        ),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_factorversion")),
        sa.UniqueConstraint(
            "factor_id", "version", name=op.f("uq_factorversion_factor_id")
        ),
    )
    with op.batch_alter_table("factorversion", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_factorversion_factor_id"), ["factor_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_factorversion_site"), ["site"], unique=False
        )
        batch_op.create_index(
            "ix_factorversion_slot", ["flow", "quantity", "process"], unique=False
        )


def _sites_and_files() -> None:
    """Sites and their frozen ledgers."""
    op.create_table(
        "site",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("illustrative", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner"], ["organisation.code"], name=op.f("fk_site_owner_organisation")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_site")),
    )
    op.create_table(
        "ledgerfile",
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("period_start", sa.String(), nullable=False),
        sa.Column("period_end", sa.String(), nullable=False),
        sa.Column("illustrative", sa.Boolean(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner"],
            ["organisation.code"],
            name=op.f("fk_ledgerfile_owner_organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["site"], ["site.code"], name=op.f("fk_ledgerfile_site_site")
        ),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_ledgerfile")),
    )
    with op.batch_alter_table("ledgerfile", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ledgerfile_site"), ["site"], unique=False)


def _ledger_rows() -> None:
    """The rows of ledgers."""
    op.create_table(
        "ledgerentry",
        sa.Column("ledger", sa.String(), nullable=False),
        sa.Column("row_number", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("process", sa.String(), nullable=False),
        sa.Column("flow", sa.String(), nullable=False),
        sa.Column("product", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("amount", sa.Text(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("cell", sa.String(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ledger"],
            ["ledgerfile.sha256"],
            name=op.f("fk_ledgerentry_ledger_ledgerfile"),
        ),
        sa.ForeignKeyConstraint(
            ["owner"],
            ["organisation.code"],
            name=op.f("fk_ledgerentry_owner_organisation"),
        ),
        sa.PrimaryKeyConstraint("ledger", "row_number", name=op.f("pk_ledgerentry")),
    )


def downgrade() -> None:
    """Take the revision back."""
    op.drop_table("ledgerentry")
    with op.batch_alter_table("ledgerfile", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ledgerfile_site"))

    op.drop_table("ledgerfile")
    op.drop_table("site")
    with op.batch_alter_table("factorversion", schema=None) as batch_op:
        batch_op.drop_index("ix_factorversion_slot")
        batch_op.drop_index(batch_op.f("ix_factorversion_site"))
        batch_op.drop_index(batch_op.f("ix_factorversion_factor_id"))

    op.drop_table("factorversion")
    op.drop_table("document")
    with op.batch_alter_table("stateentry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_stateentry_subject"))

    op.drop_table("stateentry")
    op.drop_table("organisation")
    with op.batch_alter_table("lineageedge", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_lineageedge_child"))

    op.drop_table("lineageedge")
    op.drop_table("auditleaf")
    op.drop_table("actor")
