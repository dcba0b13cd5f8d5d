"""Every row class of a document, in the order a document meets them; `schemas/runs.py` has that of a run.

A row is a fact that reaches a Parquet table; its fields are the table's columns, in order, before those of
`Stamp`, which storage adds to every row that it writes. `Source` and `Result` are never written.
`DocumentRow` is the row of a document; the `Document` that travels through the stages is in
`transforms.document`.

Offsets are counted in characters (Unicode code points) of the document's text, as Python slices:
``text[start_char:end_char]``. Times are UTC. Probabilities lie in 0..1; those of `Classification` and of a
model's `Flag` are calibrated on labelled texts. Null means that nothing was measured or found.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, get_args

from docassay.schemas.decisions import Decision
from docassay.schemas.facts import Fact
from docassay.schemas.pages import Box
from docassay.schemas.runs import Run

Severity = Literal["low", "medium", "high", "critical"]
Verdict = Literal["pass", "fail", "review"]
Status = Literal["clear", "not_checked", "flagged", "review"]

SEVERITIES: tuple[Severity, ...] = get_args(Severity)
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
STATUSES: tuple[Status, ...] = get_args(Status)

UNKNOWN = "unknown"
"""The domain of a document that belongs to none, or that could not be told apart."""

EARLIEST_DAY, LATEST_DAY = date(1900, 1, 1), date(2199, 12, 31)
"""The days that a document may state as its own."""

UNDETERMINED = "und"
"""The language tag of a text whose language cannot be told (BCP 47 / ISO 639-2)."""


@dataclass(frozen=True, slots=True)
class Source:
    """An input before it is read: a file's name, or bytes that came with the message.

    Attributes:
        uri: Where it came from, as `schemas.uris` writes it.
        content: The bytes, or None when they are still to be read from `uri`.
        media_type: What the sender declared, or None; the content decides, this only breaks ties.
        parent_id: `doc_id` of the email, mailbox or archive that contains it, or the SHA-256 of the file of
            which it is one message.
        event_time: When it came to be: a message's time, a file's modification time.
        beneath: The folder that its file must lie in with no link between, or None; see `transforms.read`.
        file_name: Its file name in the email or archive that contains it.
    """

    uri: str
    content: bytes | None = None
    media_type: str | None = None
    parent_id: str | None = None
    event_time: datetime | None = None
    beneath: str | None = None
    file_name: str | None = None


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A document read: one row of `documents`.

    Attributes:
        parent_id: `doc_id` of the email, mailbox or archive that contains it, or the SHA-256 of the file that
            it is a part of.
        domain_probability: Probability of the domain. If the domain is `unknown`, the tasks and signs of
            fraud of every domain apply, but no checks.
        kind: Document type within the domain, such as `invoice`; empty if none fits.
        media_type: Media type, detected from the content.
        language_probability: Probability of the language.
        title: Title, from the file's metadata or its opening.
        chars: Number of characters in the text.
        tokens: Number of tokens that the models read.
        segments: Number of its rows in `segments`.
        event_time: When the file was last modified or the email was sent, or the time given with a message.
        risk: Score from 0 to 1 for sorting: the combined weights of the signs of fraud. Not a probability.
        status: `flagged`: it has a sign of fraud. `review`: no sign of fraud, but a check that did not pass
            or an uncertain answer. `not_checked`: nothing specific to its type was checked, or some of it
            without a sure answer; except in mail and messages, a search for signs of fraud does not count.
            `clear`: it was checked, nothing was found, and hardly anything can be open, but for checks of
            severity `low`.
        reasons: Why it has this status. For `flagged`: ``flag:CODE``. For `review`: ``check:ID`` (what was
            found does not pass the check), ``absent:IDS`` (what these checks require was not found; one
            reason for all of them, not counting checks of severity `low`),
            ``flag_in_doubtful_translation:CODE`` (no flag, but look for this sign in the original: it is
            found only if doubtful parts of the translation are believed, or only if they are not),
            ``flag_uncertain:CODE`` (a model sees this sign, but so narrowly that another processor might give
            a flag, or nothing), ``kind_uncertain:KINDS`` (its likely document types; only the checks that
            these types share were run, and none can fail), ``text_layer_doubted`` (pages of a PDF may show
            words other than the text that was read, or more of them), ``mixed`` (it may contain several
            documents; the checks for each document type found were run), ``translation_stopped:TAG`` (guards
            doubt most of its English, so the rest was not translated), ``translation_guarded`` (an answer
            rests on a translation that a guard doubts), ``time_limit:STAGE`` (it is so long that this stage
            read only its first part: `translate`, `assess` or, for the rules, `conclude`; no check passes or
            fails because the rules found nothing there). For `not_checked`: ``domain_unknown``,
            ``kind_unknown`` (with its likely document types, if any; at most, the checks for documents of
            every type were run), ``nothing_asked_of_kind:KIND`` (there are no checks for this document type),
            ``no_check_applies:KIND`` (none of the checks for this document type applies),
            ``in_other_document:IDS`` (these checks found no sure answer, and the document says that another
            one states it: a consent form that rests on an information sheet; `status` may be `review` for
            something else), ``unanswered:IDS`` (it may not meet what these checks require, but nothing surely
            says so; not counting checks of severity `low`),
            ``language_not_read:TAG`` (the language of the document or of a large part of it), ``listing`` (it
            only lists the documents that it contains), ``no_words`` (an email with nothing but pictures,
            links, quotes or attachments). Earlier releases also wrote ``domain_uncertain`` and
            ``language_without_model:TAG``, for `review`.
        not_asked: Questions (checks and tasks) that were skipped, as ``WHY: QUESTIONS``. WHY is
            ``domain_unknown`` or ``kind_unknown`` (checks that are run only for known document types),
            ``in_other_document`` (checks whose answers another document states, as this one says),
            ``language_not_read`` (tasks, for some segments; all checks, if document types cannot be
            recognised in the document's language), ``no_model`` (tasks that no installed model can run),
            ``no_rules`` (official rules for the specification named in an electronic invoice, if the run has
            none for it), ``not_translated`` (signs of fraud that would show only in an English translation),
            ``translation_stopped`` or ``time_limit`` (what was skipped from the given character on). Null in
            files from earlier releases.
        first_page: Page of the file on which it begins, from 1; null if the file has no pages.
        last_page: Page of the file on which it ends.
        other_uris: Other inputs with the same bytes, in order; they were skipped, because they are this
            document. Null in files from earlier releases.
        file_name: Its file name in the email or archive that contains it; null for other documents, and in
            files from earlier releases.
        document_date: The date that the document states as its own, such as the issue date of an invoice;
            null if none is certain, and in files from earlier releases. `event_time` is about the file.
        document_date_source: What that date is: ``issue``, ``effective``, ``service``, ``sent``, or another
            value declared for a field of facts.
    """

    doc_id: str
    uri: str
    parent_id: str | None
    domain: str
    domain_probability: float
    kind: str
    media_type: str
    language: str
    language_probability: float
    title: str | None
    chars: int
    tokens: int
    segments: int
    event_time: datetime | None
    risk: float
    status: Status
    reasons: tuple[str, ...]
    not_asked: tuple[str, ...] | None = None
    first_page: int | None = None
    last_page: int | None = None
    other_uris: tuple[str, ...] | None = None
    file_name: str | None = None
    document_date: date | None = None
    document_date_source: str | None = None


@dataclass(frozen=True, slots=True)
class Segment:
    """A slice of a document: ``document.text[start_char:end_char] == text``.

    Attributes:
        segment: Number of the segment within the document, from 0, in order of `start_char`.
        heading: Headings above the segment, outermost first.
        text: Text of the segment. Windows of a long part overlap by up to 200 characters.
    """

    doc_id: str
    segment: int
    start_char: int
    end_char: int
    heading: tuple[str, ...]
    text: str
    language: str
    page: int | None = None
    boxes: tuple[Box, ...] | None = None


@dataclass(frozen=True, slots=True)
class Classification:
    """One label of one task for a segment.

    Attributes:
        task: The task, such as `clause_type`.
        label: The label, such as `governing_law`.
        probability: Probability of the label; in a task whose labels follow one another through a document
            (`filing_item`), given the whole document; 1 if the heading of the passage determines the label.
        abstained: True if the model is less sure than the task's threshold, or if another processor might
            give another answer: treat the label as a hint. Otherwise every processor gives this label.
        model: Model that decided, as ``name@version``; ``rule DOMAIN.TASK`` if a heading decided;
            ``name@host`` if an endpoint did.
        escalation: Outcome of asking a larger model (`--escalate`): ``decided``; ``denied`` (it is sure that
            the label does not apply; the row stays, with `abstained` true); or why the smaller model's answer
            stays: ``unsure``, ``slow``, ``absent``, ``refused``, ``nonsense``, ``budget``, ``failed``. Null
            if none was asked.
        small_model: Model that abstained, if a larger one decided or denied; otherwise null.
        small_label: Label that this model gave.
        small_probability: Probability that this model gave its label.
    """

    doc_id: str
    segment: int
    task: str
    label: str
    probability: float
    abstained: bool
    model: str
    escalation: str | None = None
    small_model: str | None = None
    small_label: str | None = None
    small_probability: float | None = None


@dataclass(frozen=True, slots=True)
class Entity:
    """Personal data in a document: ``document.text[start_char:end_char] == text``.

    Attributes:
        segment: Number of the segment in which it begins, or of the one before it.
        label: Kind of personal data, such as `person`.
        text: Text from `start_char` to `end_char`.
        probability: Probability from the model, not calibrated; null if a pattern with its own check digits
            or form decided.
        abstained: True if the model is less sure than its card requires: treat the entity as a hint.
    """

    doc_id: str
    segment: int
    label: str
    start_char: int
    end_char: int
    text: str
    probability: float | None
    abstained: bool
    model: str
    page: int | None = None
    boxes: tuple[Box, ...] | None = None


@dataclass(frozen=True, slots=True)
class Flag:
    """A sign of fraud: ``document.text[start_char:end_char] == evidence``.

    Attributes:
        code: Code of the sign of fraud, such as `changed_bank_details`.
        probability: Calibrated if a model decided; null if a rule did, since a rule is right or wrong but has
            no measured frequency.
        decided_by: ``model name@version`` or ``rule id``; if it rests on a translation, the translator is
            added: ``rule id+name@version``.
    """

    doc_id: str
    code: str
    severity: Severity
    probability: float | None
    start_char: int
    end_char: int
    evidence: str
    why: str
    source: str
    decided_by: str
    page: int | None = None
    boxes: tuple[Box, ...] | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome of a compliance check on a document.

    Attributes:
        check_id: Id of the check, such as `tos_contact_address`.
        verdict: `pass` (passed), `fail` (failed), or `review` (needs review: a person must decide).
        start_char: Offset of the first character of the evidence; null, like `end_char` and `evidence`, if
            something is absent.
        searched: Headings that were searched, if something is absent; empty if there is evidence.
        source: Law or standard, with its article or section.
        decided_by: ``model name@version`` or ``rule id``; ``rule id+name@version`` if the verdict of a rule
            rests on what a model found or did not find.
    """

    doc_id: str
    check_id: str
    verdict: Verdict
    severity: Severity
    start_char: int | None
    end_char: int | None
    evidence: str | None
    searched: tuple[str, ...]
    why: str
    source: str
    decided_by: str
    page: int | None = None
    boxes: tuple[Box, ...] | None = None


@dataclass(frozen=True, slots=True)
class Translation:
    """A segment in English.

    Attributes:
        source_language: Language of the original, as a BCP 47 tag.
        text: English translation of the segment.
        score: Mean log probability per token, 0 at best; averaged over sentences, weighted by length.
        guarded: True if a guard doubts the translation: read the original.
    """

    doc_id: str
    segment: int
    source_language: str
    text: str
    score: float
    guarded: bool
    model: str


@dataclass(frozen=True, slots=True)
class Reject:
    """An input, or a row of one, that could not be used.

    Attributes:
        doc_id: SHA-256 of the document's bytes; null if they could not be read at all.
        stage: Stage that rejected it, named by its verb, such as ``parse``.
        reason: Reason as a code in lower-case snake case, for counting, such as ``encrypted``.
        detail: Explanation for a person, in one line.
        table_name: Table of the row, if only a row was rejected; null if the whole input was. Documents plus
            rejects without a table are all inputs, exactly.
    """

    doc_id: str | None
    uri: str
    stage: str
    reason: str
    detail: str
    table_name: str | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """Everything known about one document: the rows of all tables that carry its `doc_id`.

    Attributes:
        text: The document's text, against which evidence is checked; it is not written whole.
    """

    document: DocumentRow
    text: str
    segments: tuple[Segment, ...] = ()
    classifications: tuple[Classification, ...] = ()
    flags: tuple[Flag, ...] = ()
    findings: tuple[Finding, ...] = ()
    translations: tuple[Translation, ...] = ()
    entities: tuple[Entity, ...] = ()
    facts: tuple[Fact, ...] = ()

    @property
    def doc_id(self) -> str:
        """SHA-256 of the document's bytes."""
        return self.document.doc_id

    @property
    def uri(self) -> str:
        """Where the input came from."""
        return self.document.uri


TABLES: dict[str, type] = {
    "documents": DocumentRow,
    "segments": Segment,
    "classifications": Classification,
    "entities": Entity,
    "facts": Fact,
    "flags": Flag,
    "findings": Finding,
    "translations": Translation,
    "rejects": Reject,
    "runs": Run,
    "decisions": Decision,
}
