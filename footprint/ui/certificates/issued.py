"""What the Certificates page asks of the store."""

from __future__ import annotations

from factor_db.store.home import user_name
from footprint.certificate.issued import IssuedCertificate, issued_certificates
from footprint.certificate.revoking import revoke_certificate, signed_list
from footprint.ui.services import store


def issued() -> list[IssuedCertificate]:
    """Return the certificates in sight, the newest first."""
    with store().read(user_name()) as session:
        return issued_certificates(session)


def revoke(name: str, reason: str) -> bytes:
    """Revoke a certificate and return the issuer's signed status list that says so."""
    with store().work(user_name()) as work:
        revoked = revoke_certificate(work, name, reason)
        work.session.flush()
        return signed_list(work.session, illustrative=revoked.illustrative)
