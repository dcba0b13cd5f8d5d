"""Turn files as repositories have them into the text that a person would see."""

from __future__ import annotations

import email
import email.policy
import html
import io
import re
import zipfile
from email.message import EmailMessage

import pypdfium2

FRONT = re.compile(r"\A\s*(?:---\n.*?\n---\n|\+\+\+\n.*?\n\+\+\+\n|\{\n.*?\n\}\n)", re.DOTALL)
"""Front matter of Markdown."""
TITLE = re.compile(r"(?m)^\s*\"?(?:title|subject)\"?\s*[:=]\s*(?:!\s*)?[\"']?(.+?)[\"']?,?\s*$")
BLOCK = re.compile(
    r"(?i)</?(?:p|div|br|li|tr|h[1-6]|table|ul|ol|section|article|td|th|title"
    r"|l|lg|head|sp|speaker|stage)\b[^>]*>"
)
"""Tags of HTML and TEI after which a line begins."""
UNSEEN = re.compile(r"(?is)<(script|style|head|teiHeader|svg)\b.*?</\1\s*>|<!--.*?-->|<!\[CDATA\[|\]\]>")
FILLING = re.compile(r"(?:[\u034f\u00ad\u200b-\u200f\u2007\u2060\u2800]\s*){2,}")
"""What mail puts after its preview, so that nothing else is shown there."""


def tidy(text: str) -> str:
    """Drop control characters, unseen filling, spaces at line ends and runs of blank lines."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\ufeff", "")
    text = FILLING.sub("", re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", " ", text))
    text = re.sub(r"([^\w\s])\1{40,}", lambda run: run[1] * 40, text)
    text = re.sub(r"[ \t\u00a0]+\n", "\n", text)
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def decode(content: bytes) -> str:
    """Decode UTF-8, UTF-16 where its mark says so, else Windows-1252."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def markdown(text: str) -> str:
    """Drop front matter (its title stays), pictures, comments, template tags and targets of links."""
    title = ""
    if front := FRONT.match(text):
        named = TITLE.search(front[0])
        title = f"# {named[1]}\n\n" if named else ""
        text = text[front.end() :]
    text = re.sub(r"(?s)<!--.*?-->|\{%.*?%\}|\{\{.*?\}\}", "", text)
    text = re.sub(r"!\[[^\]]*\]\([^)]*\)", "", text)
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    return title + html.unescape(re.sub(r"</?[a-zA-Z][^>\n]*>", "", text))


def markup(text: str) -> str:
    """Drop the tags of HTML or XML, with a line's end where a block ends."""
    text = BLOCK.sub("\n", re.sub(r"\s+", " ", UNSEEN.sub(" ", text)))
    text = html.unescape(re.sub(r"<[^>]*>", "", text))
    return re.sub(r"[ \t\u00a0]*\n[ \t\u00a0]*", "\n", text)


def docx(content: bytes) -> str:
    """Read the paragraphs of a Word document."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        xml = archive.read("word/document.xml").decode("utf-8", "replace")
    xml = re.sub(r"<w:instrText[^>]*>.*?</w:instrText>", "", xml)
    xml = xml.replace("</w:p>", "\n").replace("<w:tab/>", "\t")
    return html.unescape(re.sub(r"<[^>]*>", "", xml))


def pdf(content: bytes) -> str:
    """Read the text of a PDF's first twenty pages."""
    document = pypdfium2.PdfDocument(content)
    try:
        return "\n".join(page.get_textpage().get_text_bounded() for page in list(document)[:20])
    finally:
        document.close()


def message(content: bytes) -> str:
    """Return the heads that are shown and the body of a mail."""
    parsed = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)
    part = parsed.get_body(("plain", "html"))
    body = part.get_content() if part else ""
    if part and part.get_content_subtype() == "html":
        body = markup(body)
    heads = "".join(f"{name}: {parsed[name]}\n" for name in ("From", "To", "Subject", "Date") if parsed[name])
    return f"{heads}\n{body}"
