"""The printed copy of a certificate: PDF, QR and the signature in the file."""
