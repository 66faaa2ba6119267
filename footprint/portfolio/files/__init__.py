"""The files of a portfolio: its rows read, its parts and tables written."""
