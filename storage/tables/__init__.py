"""Files of the tables: Parquet, the manifest that names them, and the rows that go into them, validated."""
