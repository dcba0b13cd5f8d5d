"""XML to text: clinical documents and drug labels by their sections, any other by its elements.

C-CDA (HL7 CDA R2) and SPL (Structured Product Labeling) are HL7 version 3 documents: sections with a
title and a narrative block of paragraphs, lists and tables, which is what a reader sees
(https://www.hl7.org/implement/standards/product_brief.cfm?product_id=7, ``...=401``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from lxml import etree

from docassay.transforms.formats import Limits, Read, Stated, Unusable, clinical, fhir, statement_data
from docassay.transforms.formats.invoice_data import is_invoice, kind_of, values_of
from docassay.transforms.formats.media_types import XML

MEDIA_TYPES = frozenset({XML})

_V3 = "{urn:hl7-org:v3}"
_FHIR = "{http://hl7.org/fhir}"
_SPACE = re.compile(r"[ \t\r\n\u00a0]+")
_LINES = frozenset(
    ["paragraph", "item", "tr", "caption", "table", "list", "thead", "tbody", "tfoot", "footnote"]
)
_CELLS = frozenset(["td", "th"])
_LONGEST = 200
_LABELS = (
    ("Patient", "recordTarget/patientRole/patient/name"),
    ("Patient ID", "recordTarget/patientRole/id/@extension"),
    ("Birth date", "recordTarget/patientRole/patient/birthTime/@value"),
    ("Sex", "recordTarget/patientRole/patient/administrativeGenderCode/@displayName"),
    ("Address", "recordTarget/patientRole/addr"),
    ("Telephone", "recordTarget/patientRole/telecom/@value"),
    ("Author", "author/assignedAuthor/assignedPerson/name"),
    ("Organization", "custodian/assignedCustodian/representedCustodianOrganization/name"),
    ("Manufacturer", "author/assignedEntity/representedOrganization/name"),
    ("Visit", "componentOf/encompassingEncounter/effectiveTime/low/@value"),
    ("Visit end", "componentOf/encompassingEncounter/effectiveTime/high/@value"),
    ("Date", "effectiveTime/@value"),
)
"""Labels and paths of what the header of an HL7 document states; each becomes a line of the text."""


def read(content: bytes, limits: Limits, media_type: str) -> Read:
    """Read an XML document.

    Raises:
        Unusable: Of `tree`, or longer than `Limits.chars`.
    """
    root = tree(content)
    further = statement_data.parted(root) if statement_data.is_statement(root) else ()
    hl7 = root.tag in (f"{_V3}ClinicalDocument", f"{_V3}document")
    lines = _hl7(root) if hl7 else (line for _, line in lines_of(root))
    written: list[str] = []
    chars = 0
    for line in lines:
        line = line.strip()
        if line or (written and written[-1]):
            written.append(line)
        chars += len(line) + 1
        if chars > limits.chars:
            raise Unusable("too_long", f"more than {limits.chars:,} characters of text")
    return Read(
        "\n".join(written).strip("\n"),
        title=_title(root) if hl7 else None,
        event_time=_time(root) if hl7 else None,
        embedded_values=_data(root, hl7),
        invoice=content if limits.invoices and is_invoice(root) else None,
        attachments=further,
    )


def tree(content: bytes) -> etree._Element:
    """Parse XML without loading, resolving or expanding anything.

    Raises:
        Unusable: ``malformed``, or ``xml_entities`` where the document declares entities or names some that
            another file declares.
    """
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        message = str(error)
        if "ntity" in message and ("loop" in message or "amplification" in message):
            raise Unusable("xml_entities", "entities that expand without end") from None
        raise Unusable("malformed", f"not well-formed XML: {message[:200]}") from None
    except (ValueError, LookupError) as error:
        raise Unusable("malformed", f"not well-formed XML: {str(error)[:200]}") from None
    dtd = root.getroottree().docinfo.internalDTD
    if dtd is not None and next(iter(dtd.iterentities()), None) is not None:
        raise Unusable("xml_entities", "the document declares entities, which are not expanded")
    if (entity := next(root.iter(etree.Entity), None)) is not None:
        detail = f"the entity {entity.text[:60]} is declared in another file, which is not read"
        raise Unusable("xml_entities", detail)
    return root


def _hl7(root: etree._Element) -> Iterator[str]:
    yield _title(root) or ""
    yield ""
    for label, values in _header(root):
        yield f"{label}: {', '.join(values)}"
    excerpts = [e for e in root.iter(f"{_V3}excerpt") if _flat(e)]
    if excerpts:
        yield from ("", "HIGHLIGHTS OF PRESCRIBING INFORMATION")
    for excerpt in excerpts:
        section = excerpt.getparent()
        if section is not None:
            yield from ("", _flat(section.find(f"{_V3}title")))
        for text in excerpt.iter(f"{_V3}text"):
            yield from _narrative(text)
    for section in root.iter(f"{_V3}section"):
        title = _flat(section.find(f"{_V3}title"))
        text = section.find(f"{_V3}text")
        if title or text is not None:
            yield ""
        if title:
            yield title
        if text is not None:
            yield from _narrative(text)


def _header(root: etree._Element) -> Iterator[tuple[str, list[str]]]:
    """Give what the header of an HL7 document states, by label."""
    for label, path in _LABELS:
        if values := list(dict.fromkeys(filter(None, (_value(v, label) for v in _select(root, path))))):
            yield label, values


def _data(root: etree._Element, hl7: bool) -> Stated:
    """Give what an XML states as data, by names such as ``birth_date``."""
    if root.tag.startswith(_FHIR):
        return fhir.values_of(fhir.of_xml(root))
    if not hl7:
        if statement_data.is_statement(root):
            return statement_data.values_of(root)
        return (*kind_of(root), *values_of(root))
    header = (
        (label.lower().replace(" ", "_"), value[:_LONGEST])
        for label, values in _header(root)
        if label != "Patient ID"  # it may be a number of social security
        for value in (values[:1] if label == "Patient" else values)
    )
    return (*header, *clinical.of_header(root), *clinical.of_entries(root))


def _narrative(block: etree._Element) -> Iterator[str]:
    """Write a narrative block: paragraphs, items and rows on lines, the cells of a row with `` | ``.

    What is nested within a cell, tables too, is that cell's text.
    """
    line = ""
    cells: list[str] = []
    depth = 0  # of cells
    for event, element in etree.iterwalk(block, events=("start", "end")):
        tag = etree.QName(element).localname if isinstance(element.tag, str) else ""
        breaks = tag in _LINES or tag == "br" or tag in _CELLS
        if breaks and depth:
            line += " "
        elif breaks and line.strip():
            yield _tidy(line)
            line = ""
        if event == "start":
            if tag in _CELLS:
                depth += 1
            if tag == "sup" and line[-1:].isdigit():
                line += "^"  # 10 to the power of 5 is not 105
            line += element.text or ""
            continue
        if tag in _CELLS:
            depth -= 1
            if not depth:
                cells.append(_tidy(line))
                line = ""
        elif tag == "tr" and not depth:
            yield " | ".join(filter(None, cells))
            cells = []
        elif tag in ("table", "list") and not depth:
            yield ""
        if element is not block:
            line += element.tail or ""
    yield _tidy(line)


def lines_of(root: etree._Element) -> Iterator[tuple[etree._Element, str]]:
    """Write the text of any XML: data as ``name: value``, running text as lines; of FHIR, the attributes.

    Yields:
        An element, and the line that it gives.
    """
    if root.tag.startswith(_FHIR):
        yield root, f"resourceType: {etree.QName(root).localname}"
    walk = etree.iterwalk(root, events=("start",))
    for _, element in walk:
        if _mixed(element):
            yield element, _flat(element)
            walk.skip_subtree()
        elif etree.QName(element).localname.endswith("BinaryObject"):
            continue  # a file within an electronic invoice, in base64
        elif element.tag == f"{_FHIR}data" and element.get("value"):
            continue  # an attachment, in base64
        elif element.tag.startswith(_FHIR) and (value := _tidy(element.get("value") or "")):
            yield element, f"{etree.QName(element).localname}: {value}"
        elif not len(element) and element.text and element.text.strip():
            value = _tidy(element.text)
            prose = len(value) > 80 or element is root
            yield element, value if prose else f"{etree.QName(element).localname}: {value}"


def _mixed(element: etree._Element) -> bool:
    """Tell whether an element has text between its children, as running text with emphasis has."""
    if not len(element):
        return False
    texts = (element.text, *(child.tail for child in element))
    return any(text and text.strip() for text in texts)


def _select(root: etree._Element, path: str) -> list[etree._Element | str]:
    steps, _, attribute = path.partition("/@")
    elements = root.findall("/".join(f"{_V3}{step}" for step in steps.split("/")))[:5]
    return [e.get(attribute, "") for e in elements] if attribute else list(elements)


def _value(node: etree._Element | str, label: str) -> str:
    if not isinstance(node, str):
        return " ".join(_tidy(text) for text in node.itertext() if text.strip())
    if label in ("Birth date", "Date", "Visit", "Visit end") and re.fullmatch(r"\d{8}.*", node):
        return f"{node[:4]}-{node[4:6]}-{node[6:8]}"
    return node.removeprefix("tel:")


def _title(root: etree._Element) -> str | None:
    return _flat(root.find(f"{_V3}title")) or None


def _time(root: etree._Element) -> datetime | None:
    """Read the document's time, ``YYYYMMDD[HHMMSS[.S][+ZZZZ]]``; without a zone it counts as UTC."""
    stated = root.find(f"{_V3}effectiveTime")
    value = stated.get("value", "") if stated is not None else ""
    match = re.match(r"(\d{8})(\d{6}|\d{4})?(?:\.\d+)?([+-]\d{4})?$", value)
    if not match:
        return None
    day, time, zone = match.groups()
    try:
        moment = datetime.strptime(day + (time or "").ljust(6, "0") + (zone or "+0000"), "%Y%m%d%H%M%S%z")
        moment = moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment if 1970 <= moment.year <= 2199 else None


def _flat(element: etree._Element | None) -> str:
    """Give all text below an element on one line; a line break in it is a space."""
    if element is None:
        return ""
    pieces = []
    for event, inner in etree.iterwalk(element, events=("start", "end")):
        if event == "start":
            pieces.append(" " if inner.tag == f"{_V3}br" else inner.text or "")
        elif inner is not element:
            pieces.append(inner.tail or "")
    return _tidy("".join(pieces))


def _tidy(text: str) -> str:
    return _SPACE.sub(" ", text).strip()


def embedded_invoice(contents: Iterable[bytes]) -> tuple[Stated, bytes | None]:
    """Give the values of the first electronic invoice among some files (`values_of`), and its bytes."""
    for content in contents:
        if b"<" not in content[:200]:
            continue
        try:
            root = tree(content)
        except Unusable:
            continue
        if values := values_of(root):
            return values, content
    return (), None
