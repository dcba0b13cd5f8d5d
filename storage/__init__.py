"""The files of the tables: rows are validated, written, published and compacted, by one writer at a time."""
