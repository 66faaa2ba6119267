"""Alembic's entry: runs on the connection that `run.upgrade` hands over."""

from __future__ import annotations

from alembic import context
from sqlmodel import SQLModel

from factor_db.store import tables

assert tables.Organisation.metadata is SQLModel.metadata  # the tables are loaded

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
