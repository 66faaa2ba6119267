"""The one store: tables, the one write path, the audit log, lineage and migrations."""
