"""Redaction: texts and PDFs without the personal data in them, and whether any is left."""
