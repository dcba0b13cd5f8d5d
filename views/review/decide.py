"""Record what a reviewer decides, and show what it changes."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from docassay.observe.sanitize import line
from docassay.views import labels
from docassay.views.html import write
from docassay.views.review.app import Review
from docassay.views.review.documents import Reviewed, choices_for
from docassay.views.review.ledger import place_of
from docassay.views.review.params import Refused, parse_correction, parse_decision_id, parse_number
from docassay.views.review.show import (
    ALIKE,
    ENTRIES,
    after_of,
    alike_of,
    open_of_group,
    remarks_of,
    target_of,
)


def decide(review: Review, request: Request, form: dict[str, str]) -> Response:
    """Record a decision and show what it changed."""
    doc_id = request.path_params["doc_id"]
    reviewed = review.document(doc_id)
    item, outcome = form.get("item", ""), form.get("outcome", "")
    if not item or outcome not in labels.WORDS:
        raise Refused(HTTPStatus.BAD_REQUEST, "Choose an item and a decision.")
    target = target_of(reviewed, item)
    review.refresh()
    before = review.ledger.state(target)
    if (
        form.get("seen", before.decision_id) != before.decision_id
        and before.reviewer != review.ledger.reviewer
    ):
        who = line(before.reviewer, 80)
        said = f"Meanwhile {who} has decided: {before.said}. To change that, decide again."
        return _changed(review, reviewed, {place_of(target)}, said, form, HTTPStatus.CONFLICT)
    label, span = parse_correction(form, len(reviewed.result.text))
    is_fact = target.object == "fact"
    if label and not is_fact and label not in dict(choices_for(target, reviewed.page)):
        raise Refused(HTTPStatus.BAD_REQUEST, f"“{line(label, 100)}” is not allowed: choose from the list.")
    targets = [target]
    if form.get("group"):
        targets = open_of_group(review, reviewed, item)
    elif form.get("alike") and item[0] in ALIKE:
        targets += alike_of(reviewed, item)[0]
    targets = list({place_of(target): target for target in targets}.values())
    if span is not None and len(targets) > 1:
        raise Refused(
            HTTPStatus.BAD_REQUEST,
            "A corrected passage applies to one finding only, not to all with the same words.",
        )
    touched = review.ledger.decide(
        targets,
        outcome,
        form.get("reason", "").strip(),
        label,
        span,
        parse_decision_id(form),
    )
    review.count(touched)
    word = labels.word_of_button(outcome, target.object, target.decided_by or "", target.label or "")
    if is_fact:
        return _anew(f"{word}: {line(label, 200)}" if label else word)
    said = f"{word}: {len(targets):,}" if len(targets) > 1 else word
    places = {place_of(target) for target in targets}
    return _changed(review, reviewed, places, said, form)


def undo(review: Review, request: Request, form: dict[str, str]) -> Response:
    """Take back the latest decision made here."""
    rows = review.ledger.undo()
    touched = {row["doc_id"] for row in rows}
    review.count(touched.intersection(review.ledger.documents()))
    if not touched:
        return _note("There is nothing to undo.")
    doc_id = form.get("doc_id", "")
    if doc_id in touched and doc_id in review.snapshot.place:
        if any(row["object"] == "fact" for row in rows):
            return _anew("Undone")
        reviewed = review.document(doc_id)
        return _changed(
            review, reviewed, set(map(place_of, reviewed.items.values())), "Undone", form, undone=True
        )
    return _note("Undone in another document:", sorted(touched)[0])


def renew(review: Review, request: Request, form: dict[str, str]) -> Response:
    """Read the tables anew."""
    review.reload()
    return Response(status_code=HTTPStatus.NO_CONTENT, headers={"HX-Refresh": "true"})


def _changed(
    review: Review,
    reviewed: Reviewed,
    places: set[Any],
    said: str,
    form: dict[str, str],
    status: HTTPStatus = HTTPStatus.OK,
    undone: bool = False,
) -> Response:
    """Render the changed items of a page and the progress."""
    here, spans_here = (parse_number(form.get(name), ENTRIES) for name in ("entries", "spans"))
    of_items = {item: target for item, target in reviewed.items.items() if place_of(target) in places}
    entries = [
        (reviewed.page.entry(entry), review.ledger.state(of_items[entry.item]))
        for entry in reviewed.page.entries[:here]
        if entry.item in of_items
    ]
    spans = [
        (span, review.ledger.state(of_items[span.item]))
        for span in reviewed.spans[:spans_here]
        if span.item in of_items
    ]
    states = [review.ledger.state(reviewed.items[item]) for item in reviewed.to_decide]
    return HTMLResponse(
        write(
            "changed.html",
            entries=entries,
            spans=spans,
            doc_id=reviewed.doc_id,
            said=said,
            left=[state.settled for state in states].count(False),
            items=len(states),
            document_state=review.ledger.state(reviewed.items["d0"]) if "d0" in of_items else None,
            after=after_of(review, reviewed.doc_id),
            prefix="",
            review=review,
            undone=undone,
            ledger=review.ledger,
            **(remarks_of(review, reviewed.doc_id) if undone else {}),
        ),
        status,
    )


def _anew(said: str) -> Response:
    """Have the page loaded anew, since much of it may rest on a fact, and say then what was done."""
    headers = {"HX-Refresh": "true", "HX-Trigger": json.dumps({"decided": said})}
    return Response(status_code=HTTPStatus.NO_CONTENT, headers=headers)


def _note(said: str, doc_id: str = "") -> Response:
    return HTMLResponse(write("note.html", said=said, other=doc_id))
