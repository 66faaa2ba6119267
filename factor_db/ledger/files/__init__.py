"""From the bytes of a file to cells: workbooks and CSV, whatever their encoding."""
