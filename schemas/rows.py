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
        parent_id: `doc_id` of the mail, mailbox or archive that it lay in, or SHA-256 of the file of which it
            is one message.
        event_time: When it came to be: a message's time, a file's modification time.
        beneath: The folder that its file must lie in with no link between, or None; see `transforms.read`.
        file_name: The name that the mail or archive in which it lies gives it.
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
        parent_id: `doc_id` of the mail, mailbox or archive that it lay in, or SHA-256 of the file that it is
            a part of.
        domain_probability: How sure the detector is; a document whose domain is `unknown` was asked
            the questions of every domain.
        kind: What sort of document of its domain it is, such as `invoice`; empty where none fits.
        media_type: As its content tells.
        language_probability: How sure the language is.
        title: As the file or its opening gives it.
        chars: Characters of its text.
        tokens: Tokens that the models read.
        segments: Rows of `segments`.
        event_time: When the file was last written, the mail sent, or as the message said.
        risk: From 0 to 1, to sort by: the weights of the signs of fraud, combined. Not a probability.
        status: `flagged` has a sign of fraud; `review` none, but a check that does not pass, or an answer
            that is not sure; `not_checked` was asked nothing of its kind, but for signs of fraud where it is
            no mail; `clear` was asked, and nothing was found.
        reasons: What led to the status. Of `flagged`: ``flag:CODE``. Of `review`: ``check:ID`` (what is found
            does not pass), ``absent:IDS`` (what these checks ask for is not found: one thing to look at;
            what checks of severity `low` ask for is not counted),
            ``flag_in_doubtful_translation:CODE`` (no flag, but look for it in the original: it is found only
            if what a guard doubts is believed, or only if it is not), ``flag_uncertain:CODE`` (a model sees
            the sign, so barely that on another processor it might be a flag, or nothing),
            ``kind_uncertain:KINDS`` (what it may be; what all of them share was asked, and no check fails),
            ``text_layer_doubted`` (pages of a PDF may show other words than the text that was read, or more),
            ``mixed`` (it may hold several documents; the questions of every kind met were asked),
            ``translation_stopped:TAG`` (guards doubt most of its English; the rest was not translated),
            ``translation_guarded`` (an answer rests on a translation that a guard doubts),
            ``time_limit:STAGE`` (it is so long that `translate`, `assess` or, the rules, `conclude` has read
            only its first part; no check rests on what rules did not find there). Of `not_checked`:
            ``domain_unknown``, ``kind_unknown`` (with the likely kinds; at most checks of every kind were
            asked), ``nothing_asked_of_kind:KIND`` (no check is asked of such documents),
            ``no_check_applies:KIND`` (none of those that are),
            ``language_not_read:TAG`` (of the document or of a large part of it), ``listing`` (it only lists
            the documents that it holds), ``no_words`` (a mail of pictures, links, quotes or attachments
            alone). Earlier releases wrote ``domain_uncertain`` and ``language_without_model:TAG``, for
            review.
        not_asked: Questions that were not asked, as ``WHY: QUESTIONS``. Why is ``domain_unknown`` or
            ``kind_unknown`` (checks that are asked of known kinds alone), ``language_not_read`` (tasks, of
            some segment; all checks, where no kind is told in the document's language), ``no_model`` (tasks
            that no model here answers), ``no_rules`` (official rules of the specification that an electronic
            invoice names, where the run has none for it), ``not_translated`` (what English alone would show
            of signs that are sought in every document), ``translation_stopped`` or ``time_limit`` (from the
            character named on). Null in files that were written before.
        first_page: The page of its file on which it begins, from 1; null where there are no pages.
        last_page: The last of its pages.
        other_uris: Where else the same bytes lie, in order: further inputs, which were passed over since they
            are this document. Null in files that were written before.
        file_name: The name that the mail or archive in which it lies gives it; null for other documents, and
            in files that were written before.
        document_date: The day that it states as its own, such as an invoice's date of issue; null where none
            is sure, and in files that were written before. `event_time` tells of the file.
        document_date_source: What that day is: ``issue``, ``effective``, ``service``, ``sent``, or what else
            a field of facts says that it is.
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
        segment: Ordinal within the document, from 0, by `start_char`.
        heading: The headings above it, outermost first.
        text: Its text. Windows of a long part overlap by up to 200 characters.
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
        task: What was asked, such as `clause_type`.
        label: An answer.
        probability: Of the label; of a task whose labels follow each other in a document (`filing_item`),
            given the whole document; 1 where the passage's heading gives the label.
        abstained: The model is less sure than the task's threshold, or another processor might answer
            otherwise; take it as a hint only. A label without it is given on every processor.
        model: The model that decided, ``name@version``; ``rule DOMAIN.TASK`` where a heading did;
            ``name@host`` where an endpoint did.
        escalation: What came of asking a larger model (`--escalate`): ``decided``; ``denied`` (it is sure
            that the label does not hold; the row stays, abstained); or why the smaller one's answer stays:
            ``unsure``, ``slow``, ``absent``, ``refused``, ``nonsense``, ``budget``, ``failed``. Null where
            none was asked.
        small_model: The model that abstained, where a larger one decided or denied; else null.
        small_label: Its label.
        small_probability: The probability that it gave that label.
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
        segment: The segment in which it begins, or the one before it.
        label: What it is, such as `person`.
        text: The words at `start_char` to `end_char`.
        probability: The model's own, not calibrated; null where a pattern with its own check digits or form
            decided.
        abstained: The model is less sure than its card asks; take it as a hint only.
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
        code: The sign, such as `changed_bank_details`.
        probability: Calibrated where a model decided; null where a rule did, since a rule is
            right or wrong but has no measured frequency.
        decided_by: ``model name@version`` or ``rule id``; what rests on a translation names the translator,
            too: ``rule id+name@version``.
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
        check_id: The check, such as `tos_contact_address`.
        verdict: `pass`, `fail`, or `review` where a person must decide.
        start_char: Where the evidence stands; null, as `end_char` and `evidence`, where something is absent.
        searched: The headings searched where something is absent; empty where there is evidence.
        source: The law or standard, with its article or section.
        decided_by: ``model name@version`` or ``rule id``; ``rule id+name@version`` where a rule's verdict
            rests on what a model saw, or did not see.
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
        source_language: BCP 47 tag of the original.
        text: The English.
        score: Mean log probability of a token, 0 at best; averaged over sentences by their length.
        guarded: A guard doubts it: read the original.
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
        doc_id: Null where the bytes could not even be read.
        stage: The verb of the stage that refused it, such as ``parse``.
        reason: A lower-case snake code to count by, such as ``encrypted``.
        detail: One line for a person.
        table_name: Where only a row was refused, its table; null where the whole input was. Inputs are
            documents plus rejects without a table, exactly.
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
