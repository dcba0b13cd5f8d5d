"""The list of tasks, most important first: their corpora, licences, tests, floors and targets.

Floors are those published with the data where its split is used, else those of `research.measure.floors`.
"""

from pathlib import Path

from research.corpora import financial, legal, passages
from research.corpora.example import Example, Task

_CUAD = ("labelled/legal-cuad_v1.tar.xz", "documents/legal-cuad_pdf_txt.tar.xz")

_OTHER = (
    "more/kind-opentermsarchive.tar.xz",
    "labelled/financial-sec_items.tar.xz",
    "labelled/financial-cfpb_complaints.tar.xz",
    "labelled/medical-hhs_oig.tar.xz",
)
"""Archives of the passages that heads are taught to give no label, beside those of other tasks."""

_ALL = (
    Task(
        "clause_type",
        "legal",
        "multi",
        passages.clause_type,
        (*_CUAD, *_OTHER, "labelled/legal-contract_nli.tar.xz", "more/legal-tosdr.tar.xz"),
        "CUAD v1 (The Atticus Project): spans of 36 clause categories, segments of contracts, and paragraphs "
        "that carry none; Open Terms Archive and ContractNLI: passages that were read; near misses written "
        "for it; ToS;DR and others: passages without any",
        "CC BY 4.0; ContractNLI: CC BY 4.0; Open Terms Archive: ODC-BY 1.0; ToS;DR: CC BY-SA; others: see "
        "the corpora",
        "CUAD v1 spans of 102 contracts",
        passes=3.0,
        max_tokens=384,
        floor={"micro_f1": 0.799, "macro_f1": 0.631},
        target={"micro_f1": 0.86, "macro_f1": 0.75},
        abstain_precision=0.94,
    ),
    Task(
        "message_fraud",
        "financial",
        "single",
        financial.message_fraud,
        ("labelled/financial-sms_smishing.tar.xz",),
        "SMS Phishing Dataset (Mishra and Soni, Mendeley Data f45bkkt8pr), on the UCI SMS Spam Collection",
        "CC BY 4.0",
        "SMS Phishing Dataset, near-duplicates grouped, a fifth of the groups",
        passes=9.0,
        max_tokens=128,
        floor={"smishing_f1": 0.937},
        target={"smishing_f1": 0.93},
    ),
    Task(
        "note_section",
        "medical",
        "single",
        passages.note_section,
        ("labelled/medical-mts_dialog.tar.xz", "documents/medical-aci_bench.tar.xz", *_OTHER),
        "MTS-Dialog (Ben Abacha et al. 2023), section text to section header; ACI-BENCH (Yim et al. 2023): "
        "sections of visit notes; others: passages of none",
        "CC BY 4.0; CC BY 4.0; others: see the corpora",
        "MTS-Dialog, both official tests; ACI-BENCH, sections of the third test",
        passes=9.0,
        max_tokens=384,
        floor={"accuracy_mediqa_chat": 0.660, "accuracy_mediqa_sum": 0.620},
        target={"accuracy_mediqa_chat": 0.76, "accuracy_mediqa_sum": 0.76},
        abstain_precision=0.95,
    ),
    Task(
        "unfair_term",
        "legal",
        "multi",
        legal.unfair_term,
        ("labelled/legal-claudette_multilingual_tos.tar.xz",),
        "CLAUDETTE multilingual terms of service (Galassi et al. 2024), English",
        "CC BY 4.0",
        "CLAUDETTE English, fold 4",
        passes=9.0,
        floor={"any_f1": 0.711, "macro_f1": 0.616},
        target={"any_f1": 0.78, "macro_f1": 0.65},
    ),
    Task(
        "filing_item",
        "financial",
        "single",
        financial.filing_item,
        ("labelled/financial-sec_items.tar.xz",),
        "Form 10-K filings on EDGAR, as extracted by edgar-crawler",
        "public record (SEC filings)",
        "10-K paragraphs of a fifth of the companies",
        passes=2.0,
        max_tokens=384,
        floor={"accuracy": 0.886, "macro_f1": 0.696, "accuracy_alone": 0.695, "macro_f1_alone": 0.637},
        target={"accuracy": 0.86, "accuracy_alone": 0.86},
    ),
    Task(
        "sentiment",
        "financial",
        "single",
        financial.sentiment,
        ("labelled/financial-sentfin.tar.xz", "labelled/financial-twitter_news_sentiment.tar.xz"),
        "SEntFiN 1.0 headlines (Sinha et al. 2022) and Twitter Financial News Sentiment (zeroshot 2022)",
        "MIT; MIT",
        "SEntFiN headlines whose entities agree; Twitter Financial News, official validation",
        passes=8.0,
        max_tokens=128,
        floor={"accuracy_sentfin": 0.830, "accuracy_twitter": 0.828},
        target={"accuracy_sentfin": 0.88, "accuracy_twitter": 0.87},
    ),
    Task(
        "cancer_hallmark",
        "medical",
        "multi",
        passages.cancer_hallmark,
        ("labelled/medical-hoc.tar.xz", *_OTHER, "more/ade-phee_v2.tar.xz"),
        "Hallmarks of Cancer, document level (Baker et al. 2016); others: passages of none",
        "MIT (repository); others: see the corpora",
        "Hallmarks of Cancer, official test",
        passes=3.0,
        max_tokens=576,
        floor={"micro_f1": 0.735, "macro_f1": 0.739},
        target={"micro_f1": 0.80},
    ),
    Task(
        "adverse_reaction",
        "medical",
        "multi",
        passages.adverse_reaction,
        (
            "labelled/medical-spl_adr.tar.xz",
            "more/ade-phee_v2.tar.xz",
            "more/ade-psytar.tar.xz",
            *_OTHER,
        ),
        "SPL-ADR-200db (Demner-Fushman et al. 2018); PHEE (Sun et al. 2022): case reports; PsyTAR "
        "(Zolnoori et al. 2019): reviews; others: passages of none",
        "CC0 (US government); MIT; CC BY 4.0; others: see the corpora",
        "SPL-ADR sentences of the 99 test drugs; PHEE and PsyTAR, official tests",
        passes=9.0,
        max_tokens=128,
        floor={"adverse_reaction_f1": 0.829},
        target={"adverse_reaction_f1": 0.88},
        abstain_precision=0.93,
    ),
)

TASKS: dict[str, Task] = {task.name: task for task in _ALL}


def load(name: str, data: Path) -> list[Example]:
    """Read a task's examples from the archives under `data`.

    Raises:
        KeyError: the task is unknown.
        FileNotFoundError: an archive is missing.
    """
    return TASKS[name].load(data)
