"""What people look at: one document explained, the riskiest documents of a folder of tables."""
