"""A review server for tests, and documents to review."""

from __future__ import annotations

import hashlib
import http.client
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from docassay.schemas.pages import Box
from docassay.schemas.rows import Classification, Entity, Finding, Flag, Result, Segment
from docassay.views.review.app import Review
from docassay.views.review.guard import Guard
from docassay.views.review.serve import guarded, listen, make_server
from tests.tables import result

LAWS = {
    "legal": ("nda", "nda_term", "An NDA must say how long it holds.", "Trade Secrets Directive, Art. 4"),
    "financial": (
        "invoice",
        "invoice_sums_add_up",
        "The sums must add up.",
        "Directive 2006/112/EC, Art. 226",
    ),
    "medical": ("consent_form", "consent_risks", "The risks must be named.", "45 CFR 46.116(b)(2)"),
}


@dataclass(frozen=True)
class Served:
    """A server that runs in this process."""

    port: int
    guard: Guard
    review: Review

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/?token={self.guard.token}"

    def headers(self) -> dict[str, str]:
        """Give the headers that a page of the server itself sends."""
        return {
            "Cookie": f"{self.guard.cookie}={self.guard.token}",
            "Origin": f"http://127.0.0.1:{self.port}",
            "X-CSRF-Token": self.guard.csrf,
            "HX-Request": "true",
        }

    def ask(
        self, path: str, form: dict[str, str] | None = None, method: str = "", **headers: str | None
    ) -> tuple[int, str, Any]:
        """Send a request; a header that is None is left out."""
        sent = self.headers() | {name.replace("_", "-"): value for name, value in headers.items()}  # type: ignore[dict-item]
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        body = None if form is None else urlencode(form)
        connection.request(
            method or ("GET" if form is None else "POST"),
            path,
            body,
            {name: value for name, value in sent.items() if value is not None},
        )
        answer = connection.getresponse()
        content = answer.read().decode()
        connection.close()
        return answer.status, content, answer.headers


@contextmanager
def served(
    out: Path, reviewer: str = "Ann", four_eyes: bool = False, root: str = "", trust_header: str = ""
) -> Iterator[Served]:
    """Serve an output folder."""
    with listen(0) as listening:
        port = listening.getsockname()[1]
        review = Review(str(out), reviewer, four_eyes, root=root)
        guard = guarded(review, port, trust_header=trust_header)
        server = make_server(guard)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            while not server.started and thread.is_alive():
                time.sleep(0.01)
            yield Served(port, guard, review)
        finally:
            server.should_exit = True
            thread.join()


def document(number: int, domain: str = "legal", text: str = "", **about: Any) -> Result:
    """Make a document with three signs of fraud, two of them alike, a failed, an open and a passed check."""
    kind, check, why, law = LAWS[domain]
    text = text or (
        f"Agreement {number} of the parties.\n\nPay a processing fee of USD {number + 100} now. "
        "Keep this between us. Keep this between us.\n\nThis agreement ends after two years.\n"
    )
    made = result(
        text, f"{domain}-{number}.txt", domain=domain, kind=kind, title=f"Document {number}", **about
    )
    doc_id = made.doc_id

    def flag(code: str, words: str, place: int = 0, severity: Any = "high") -> Flag:
        start = text.index(words, place)
        return Flag(
            doc_id, code, severity, None, start, start + len(words), words,
            "It asks for money first.", "FBI, Advance Fee Schemes", f"rule {domain}.{code}",
        )  # fmt: skip

    def finding(check_id: str, verdict: Any, words: str | None) -> Finding:
        start = None if words is None else text.index(words)
        end = None if words is None or start is None else start + len(words)
        return Finding(
            doc_id, check_id, verdict, "medium", start, end, words, () if words else ("One",), why, law,
            f"rule {domain}.{check_id}",
        )  # fmt: skip

    if "processing fee" not in text:
        return made
    secret = "Keep this between us."
    flags = (
        flag("advance_fee", "processing fee"),
        flag("urgency_and_secrecy", secret, severity="medium"),
        flag("urgency_and_secrecy", secret, text.index(secret) + 1, severity="medium"),
    )
    findings = (
        finding(check, "fail", None),
        finding("governing_law", "review", f"Agreement {number}"),
        finding("parties_named", "pass", "the parties"),
    )
    return Result(
        made.document,
        text,
        (Segment(doc_id, 0, 0, len(text), ("1 Payment",), text, "en"),),
        (Classification(doc_id, 0, "clause_type", "insurance", 0.8, False, "minilm@7"),),
        tuple(sorted(flags, key=lambda row: row.start_char)),
        findings,
        (),
        (Entity(doc_id, 0, "person", 0, 9, text[:9], 0.9, False, "personal@1"),),
    )


def paper(path: Path, pages: int, on_page: int, uri: str = "") -> Result:
    """Write a PDF of blank pages, and make a document of it whose first sign of fraud has a box on one."""
    import pypdfium2 as pdfium

    pdf = pdfium.PdfDocument.new()
    for _ in range(pages):
        pdf.new_page(400, 600)
    pdf.save(path)
    made = document(1, media_type="application/pdf")
    doc_id = hashlib.sha256(path.read_bytes()).hexdigest()
    rows: dict[str, Any] = {
        name: tuple(replace(row, doc_id=doc_id) for row in getattr(made, name))
        for name in ("segments", "classifications", "flags", "findings", "entities")
    }
    first, *others = rows["flags"]
    rows["flags"] = (replace(first, page=on_page, boxes=(Box(on_page, 50, 300, 150, 312),)), *others)
    row = replace(made.document, doc_id=doc_id, uri=uri or str(path), first_page=1, last_page=pages)
    return replace(made, document=row, **rows)
