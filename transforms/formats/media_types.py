"""The media types of what is read, by short names (https://www.iana.org/assignments/media-types)."""

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
DOC = "application/msword"
RTF = "application/rtf"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
XLS = "application/vnd.ms-excel"
ODS = "application/vnd.oasis.opendocument.spreadsheet"
CSV = "text/csv"
TSV = "text/tab-separated-values"
HTML = "text/html"
XML = "application/xml"
FHIR = "application/fhir+json"
HL7 = "application/x-hl7-v2"
MT940 = "application/x-swift-mt940"
EDGAR = "text/sgml"
MAIL = "message/rfc822"
OUTLOOK = "application/vnd.ms-outlook"
MBOX = "application/mbox"
CHAT = "text/x-chat"
CHATS = "application/x-short-messages"
CALENDAR = "text/calendar"
ZIP = "application/zip"
PNG = "image/png"
JPEG = "image/jpeg"
TIFF = "image/tiff"
TEXT = "text/plain"
MARKDOWN = "text/markdown"
ENCRYPTED = "application/encrypted"
UNKNOWN = "application/octet-stream"

TEXTS = frozenset({TEXT, MARKDOWN, "application/json"})
"""Formats whose bytes are their text."""

TABLES = frozenset({CSV, TSV})
"""Formats whose lines are the rows of a table."""

DATA = frozenset({FHIR, HL7, MT940})
"""Formats of data for programs, of which nobody reads the text."""

MESSAGES = frozenset({MAIL, CHAT})
"""Formats of what people write each other."""

LISTINGS = frozenset({MBOX, ZIP, CHATS})
"""Formats whose text only lists the documents that they hold."""

CONTAINERS = LISTINGS | {EDGAR, HL7, MT940, XML}
"""Formats that hold documents, and may hold many; XML such as statements of several accounts."""
