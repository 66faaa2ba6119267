"""An auditor's signed statement over a sampling plan, with a key of the auditor's own."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from factor_db.foundation.canonical import canonical_json, sha256_hex
from factor_db.ledger.frozen.sampling import statement
from factor_db.store.home import home_folder
from factor_db.store.work import Work, utc_now
from footprint.certificate.keys import Keys, create_keys, known_issuers, load_keys
from footprint.certificate.proof import sign


def auditor_keys(name: str) -> Keys:
    """Return the key set of an auditor, made on first use in the home folder."""
    # A user's name may hold any character; its hash makes a safe folder name.
    folder = home_folder() / "auditor-keys" / sha256_hex(name.encode())[:16]
    if not known_issuers(folder):
        create_keys(folder, name, datetime.now(UTC))
    return load_keys(folder, illustrative=False)


def write_statement(work: Work, plan: str, out: Path) -> dict[str, int]:
    """Sign the statement over a finished plan, write it as JSON and return its outcomes by kind.

    The signature is `eddsa-jcs-2022`, as on certificates. Raises BadInput while rows are open,
    NotAllowed for any role but auditor.
    """
    work.require_right("plan.state")
    content = statement(work.session, plan, work.actor.name)
    keys = auditor_keys(work.actor.name)
    signed = sign(
        {**content, "issuer": keys.public["did"]},
        keys.signing,
        verification_method=keys.public["verificationMethod"],
        created=utc_now(),
    )
    data = canonical_json(signed)
    work.record("sign", "sampling-statement", sha256_hex(data))
    out.write_bytes(data)
    outcomes: dict[str, int] = content["outcomes"]
    return outcomes
