"""The row of a document: what a person should do with it, why, and which questions it was not asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from docassay import domains
from docassay.domains.mail.features import readable
from docassay.models.catalog import PERSONAL_DATA, Card
from docassay.schemas.rows import UNKNOWN, DocumentRow, Finding, Flag, Status
from docassay.transforms.budget import WHY
from docassay.transforms.comply import is_absence
from docassay.transforms.detect import is_foreign, mail_headers
from docassay.transforms.document import Document
from docassay.transforms.extract import own_day
from docassay.transforms.flag import mail_languages, risk
from docassay.transforms.formats.media_types import LISTINGS
from docassay.transforms.kind import WRITTEN, told_languages
from docassay.transforms.split import Asked, languages_read
from docassay.transforms.translation.alignment import English

ABSENT = "absent"
"""The reason of a document that does not state what it should, with the checks that say so."""

MIXED = "mixed"
"""The reason of a document that may hold several."""

TEXT_DOUBTED = "text_layer_doubted"
"""The reason of a PDF that may show other words than its text has."""

IN_OTHER_DOCUMENT = "in_other_document"
"""The reason of a document that leaves to another what checks seek, with these checks."""

UNANSWERED = "unanswered"
"""The reason of a document of which checks may not be met, though none surely says so, with these checks."""

STOPPED = "translation_stopped"
"""Prefix of the reason of a document of which guards doubted most of the English."""

PART_CHARS = 400
PART_SHARE = 0.1
"""Fewest characters, and smallest share of a document, of an unread language that is reported."""


def document_row(
    document: Document,
    card: Card,
    flags: Sequence[Flag],
    doubtful: Collection[str],
    uncertain: Collection[str],
    findings: Sequence[Finding],
    doubt: float,
    asked: Asked,
    unread: Sequence[str],
    official: Sequence[Finding],
    elsewhere: Collection[str],
    unanswered: Collection[str],
) -> DocumentRow:
    """Give the row of a document; its reasons name signs of fraud first.

    Args:
        document: The document with its readings.
        card: The card of the model that read it.
        flags: Its sure signs of fraud.
        doubtful: Codes of signs that rest on a translation which a guard doubts.
        uncertain: Codes of signs within a model's margin.
        findings: The outcomes of its checks.
        doubt: How doubtful it is that a mail as a whole is honest.
        asked: What it was asked: `split.asked_kinds` of it.
        unread: Its `unread_languages`.
        official: What the official rules of electronic invoices say of it.
        elsewhere: Checks whose answers another document states, as this one says.
        unanswered: Checks without a row that may not be met.
    """
    codes = sorted({f"flag:{row.code}" for row in flags})
    rules = {rule.id: rule for domain, _ in asked for rule in domains.load(domain.name).checks}
    doubts = _official_doubts(official) + _doubts(document, doubtful, uncertain, findings, rules)
    unchecked = (
        [] if official else _unchecked(document, findings, rules, asked, unread, elsewhere, unanswered)
    )
    day, day_source = own_day(document.facts, [field for domain, _ in asked for field in domain.facts])
    status: Status = "flagged" if codes else "review" if doubts else "not_checked" if unchecked else "clear"
    return DocumentRow(
        doc_id=document.doc_id,
        uri=document.uri,
        parent_id=document.parent_id,
        domain=document.domain,
        domain_probability=document.domain_probability,
        kind=document.kind,
        media_type=document.media_type,
        language=document.language,
        language_probability=document.language_probability,
        title=document.title,
        chars=len(document.text),
        tokens=sum(reading.tokens for reading in document.readings),
        segments=len(document.segments),
        event_time=document.event_time,
        risk=risk(flags, doubt),
        status=status,
        reasons=(*codes, *doubts, *unchecked),
        not_asked=not_asked(document, card, asked, unread, elsewhere),
        first_page=document.pages.first if document.pages else None,
        last_page=document.pages.last if document.pages else None,
        file_name=document.file_name,
        document_date=day,
        document_date_source=day_source,
    )


def _official_doubts(official: Sequence[Finding]) -> list[str]:
    """Name the official rules that must hold and do not, and that they could not be asked."""
    broken = dict.fromkeys(
        row.check_id for row in official if row.verdict != "pass" and row.severity != "low"
    )
    return [f"check:{one}" for one in sorted(broken)]


def _doubts(
    document: Document,
    doubtful: Collection[str],
    uncertain: Collection[str],
    findings: Sequence[Finding],
    rules: Mapping[str, domains.CheckRule],
) -> list[str]:
    """List why a person should look at a document."""
    of_kind = {row.check_id for row in findings if rules[row.check_id].kinds}
    only_likely = not document.kind_confident and bool(document.kind_candidates)
    open_rows = [row for row in findings if row.verdict != "pass" and not _is_custom(row, document, rules)]
    doubts = sorted({f"check:{row.check_id}" for row in open_rows if not is_absence(row, document)})
    not_found = (row.check_id for row in open_rows if is_absence(row, document))
    absent = {check for check in not_found if not rules[check].forbids}
    # What another kind of document must state says nothing where the kind is only likely.
    if absent := absent - of_kind if only_likely else absent:
        doubts.append(f"{ABSENT}:{','.join(sorted(absent))}")
    doubts += [f"flag_in_doubtful_translation:{code}" for code in sorted(doubtful)]
    doubts += [f"flag_uncertain:{code}" for code in sorted(uncertain)]
    if only_likely and of_kind:
        doubts.append(f"kind_uncertain:{','.join(document.kind_candidates)}")
    if document.text_doubted:
        doubts.append(TEXT_DOUBTED)
    if document.boundary_candidates:
        doubts.append(MIXED)
    if document.english and _rests_on_guarded(document.english, findings, _not_met(findings, rules)):
        doubts.append("translation_guarded")
    left = document.untranslated
    if left and left.why == "stopped" and _wording_not_found(findings, rules):
        doubts += [f"{STOPPED}:{tag}" for tag in left.languages]
    return doubts + [f"{WHY}:{unread.stage}" for unread in document.unread]


def _is_custom(row: Finding, document: Document, rules: Mapping[str, domains.CheckRule]) -> bool:
    """Tell whether a finding only says that something is absent that no law asks for.

    It stays a row of findings, but sends nobody to look: such checks have the severity ``low``. What was
    found and may not be enough does.
    """
    absent = row.verdict == "review" and is_absence(row, document)
    return (
        absent and row.severity == "low" and bool(rules[row.check_id].requires or rules[row.check_id].expect)
    )


def _not_met(findings: Sequence[Finding], rules: Mapping[str, domains.CheckRule]) -> bool:
    """Tell whether a check passes because a wording, in the original or in English, is not found."""
    return any(row.verdict == "pass" for row in _wording_not_found(findings, rules))


def _wording_not_found(findings: Sequence[Finding], rules: Mapping[str, domains.CheckRule]) -> list[Finding]:
    """List the answers of checks that sought a wording, in the original and in English, and found none."""
    return [row for row in findings if row.start_char is None and rules[row.check_id].reads == "both"]


def _rests_on_guarded(english: English, findings: Sequence[Finding], not_met: bool) -> bool:
    """Tell whether an answer rests on what a guard of the translation doubts.

    That is evidence found in a doubted sentence, and forbidden wording that is `not_met` while any sentence
    is doubted. What a document must state and does not is a reason of its own.
    """
    doubted = [(piece.start, piece.end) for piece in english.pieces if piece.guarded]
    if doubted and not_met:
        return True
    return any(
        row.start_char < end and start < row.end_char
        for row in findings
        if row.start_char is not None and row.end_char is not None and row.decided_by.endswith(english.model)
        for start, end in doubted
    )


def _unchecked(
    document: Document,
    findings: Sequence[Finding],
    rules: Mapping[str, domains.CheckRule],
    asked: Asked,
    unread: Sequence[str],
    elsewhere: Collection[str],
    unanswered: Collection[str],
) -> list[str]:
    """List why no question, none of its kind, or none in some language, was answered of a document.

    For mails and chats, the signs of fraud are the question. They are looked for in every other document,
    too, but do not count as a question that it was asked.
    """
    if document.media_type in LISTINGS:
        return ["listing"]
    if document.kind in WRITTEN:
        headers, body = mail_headers(document.text)
        if headers and not any(map(str.isalnum, readable(body))):
            return ["no_words"]
        return [f"language_not_read:{tag}" for tag in unread if tag not in mail_languages()]
    # Rules read more languages than models, but what they do not find there may be said in other words.
    by_rules = () if _not_met(findings, rules) else told_languages()
    reasons = [f"language_not_read:{tag}" for tag in unread if tag not in by_rules]
    if elsewhere:
        reasons.append(f"{IN_OTHER_DOCUMENT}:{','.join(sorted(elsewhere))}")
    # What no law asks for sends nobody to look, unless nothing else was asked.
    owed = {check for check in unanswered if rules[check].severity != "low" or not findings}
    if owed:
        reasons.append(f"{UNANSWERED}:{','.join(sorted(owed))}")
    if document.language in unread or _has_sign_head(document, asked):
        return reasons
    if document.domain == UNKNOWN:
        reasons.append("domain_unknown")
    likely = () if document.kind_confident else document.kind_candidates
    if any(rules[row.check_id].kinds for row in findings):
        return reasons
    if likely:
        reasons.append(f"kind_unknown:{','.join(likely)}")
    elif document.domain == UNKNOWN:
        return reasons
    elif not document.kind:
        reasons.append("kind_unknown")
    elif not (findings or elsewhere or owed):
        of_kind = any(document.kind in rule.kinds for rule in domains.load(document.domain).checks)
        why = "no_check_applies" if of_kind else "nothing_asked_of_kind"
        reasons.append(f"{why}:{document.domain}.{document.kind}")
    return reasons


def _has_sign_head(document: Document, asked: Asked) -> bool:
    """Tell whether a head whose labels are signs of fraud has read a document of a kind that asks for it."""
    answered = {task for reading in document.readings for task in reading.probabilities}
    signs = ((sign.task, domain.tasks_of(kind)) for domain, kind in asked for sign in domain.task_flags)
    return any(task in answered and task in of_kind for task, of_kind in signs)


def is_checked(document: Document, unread: Collection[str]) -> bool:
    """Tell whether the checks of a domain are asked of a document: it has one, and its language is read."""
    is_read = document.language not in unread or document.language in told_languages()
    return document.domain != UNKNOWN and is_read


def unread_languages(document: Document, card: Card) -> list[str]:
    """List the languages that no model has read: the document's, or that of a large part of it.

    A name or a heading may be taken for any language, so a part must have `PART_CHARS` characters and
    `PART_SHARE` of the document.
    """
    read_languages = languages_read(card)
    if document.untranslated:
        read_languages |= set(document.untranslated.languages)
    if document.english:
        read_languages |= {row.source_language for row in document.english.translations}
    chars: Counter[str] = Counter()
    for segment in document.segments:
        chars[segment.language] += len(segment.text)
    fewest_chars = max(PART_CHARS, PART_SHARE * sum(chars.values()))
    parts = {tag for tag, count in chars.items() if count >= fewest_chars}
    return sorted((parts | {document.language}) - read_languages)


def not_asked(
    document: Document, card: Card, asked: Asked, unread: Sequence[str], elsewhere: Collection[str]
) -> tuple[str, ...]:
    """List the questions that were not asked, as ``WHY: QUESTIONS``; see `schemas.rows.DocumentRow`."""
    wanted = [(domain, kind, domain.tasks_of(kind)) for domain, kind in asked]
    tasks = dict.fromkeys(task for _, _, tasks in wanted for task in tasks)
    tasks.pop(PERSONAL_DATA, None)  # a tagger of its own reads the original, in any language
    answered = [task for task in tasks if task in card.tasks]
    reasons: list[str] = []
    if document.domain == UNKNOWN:
        names = [domain.name for domain in domains.document_domains()]
        foreign = is_foreign(document.language, document.language_probability) and not document.english
        why = "language_not_read" if foreign else "domain_unknown"
        reasons.append(f"{why}: checks of {_listed(names)}")
    elif not is_checked(document, unread):
        reasons.append(f"language_not_read: checks of {document.domain}")
    elif of_kinds := _of_other_kinds(wanted):
        reasons.append(f"kind_unknown: {_listed(of_kinds)}")
    if elsewhere:
        reasons.append(f"{IN_OTHER_DOCUMENT}: {_listed(elsewhere)}")
    left = document.untranslated
    read = languages_read(card) | set(left.languages if left else ())
    segments = (document.english or document).segments
    if answered and any(segment.language not in read for segment in segments):
        reasons.append(f"language_not_read: {_listed(answered)}")
    missing = [task for task in tasks if task not in answered]
    if missing:
        reasons.append(f"no_model: {_listed(missing)}")
    reasons += document.official.not_asked if document.official else ()
    stages = {"translate": "translation", "assess": _listed(answered), "conclude": "rules"}
    reasons += [f"{WHY}: {stages[stage]} from character {start} on" for stage, start in document.unread]
    if left and left.why == "stopped":
        reasons.append(f"{STOPPED}: {_listed(['wording', *answered])} from character {left.start} on")
    elif left and left.why == "not_needed":
        reasons.append("not_translated: English wording of signs of fraud")
    return tuple(reasons)


def _of_other_kinds(wanted: Sequence[tuple[domains.Domain, str, tuple[str, ...]]]) -> list[str]:
    """List the checks that are left out because the kind is not known, or not sure."""
    asked = {rule.id for domain, kind, _ in wanted for rule in domain.checks if kind in rule.kinds}
    return [
        rule.id
        for domain, kind, _ in wanted
        for rule in domains.load(domain.name).checks
        if rule.kinds and (not kind or kind in rule.kinds) and rule.id not in asked
    ]


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(set(names)))
