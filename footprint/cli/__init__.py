"""The command line: a thin skin. It parses, calls one service, prints, and maps errors to exits."""
