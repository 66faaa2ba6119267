"""What follows from a nominal result alone: its document, and the document computed again."""
