"""The page of factors: search, tables and the whole record of one."""
