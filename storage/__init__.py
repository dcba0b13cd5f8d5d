"""What knows files: rows are validated, written, published, compacted, one writer at a time."""
