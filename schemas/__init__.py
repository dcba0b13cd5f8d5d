"""What every table holds: row classes, their Arrow schemas, their expectations."""
