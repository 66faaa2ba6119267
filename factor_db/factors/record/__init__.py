"""The factor record: what a factor says, its quality, and the records that come as files."""
