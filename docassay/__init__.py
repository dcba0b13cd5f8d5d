"""docassay: legal, financial and medical documents to tables of evidence."""
