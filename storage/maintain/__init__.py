"""Maintenance of tables: compact, verify, quarantine, forget, and marks of inputs that are gone."""
