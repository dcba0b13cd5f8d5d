"""The media types of what is read, by short names (https://www.iana.org/assignments/media-types)."""

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
DOC = "application/msword"
RTF = "application/rtf"
HTML = "text/html"
XML = "application/xml"
MAIL = "message/rfc822"
TEXT = "text/plain"
MARKDOWN = "text/markdown"
UNKNOWN = "application/octet-stream"

TEXTS = frozenset({TEXT, MARKDOWN, "application/json", "text/csv"})
"""Formats whose bytes are their text."""
