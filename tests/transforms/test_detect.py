"""Language, domain and kind of documents; the texts are ours."""

import random
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from docassay import domains
from docassay.models import catalog
from docassay.models.detector import BUCKETS, features, load
from docassay.schemas.rows import UNDETERMINED, UNKNOWN
from docassay.transforms import detect as module
from docassay.transforms.detect import TITLED, detect, detect_language
from docassay.transforms.document import Document
from docassay.transforms.kind import KindPrediction
from tests.families import quick_first
from tests.fresh import forget_domains

CONTRACT = (
    "SUPPLY AGREEMENT. This Agreement is entered into by and between the Supplier and the Buyer. 1."
    " Definitions. The terms used"
    " herein have the meanings given below. 2. Confidentiality. Neither party shall disclose the other"
    " party's confidential"
    " information. 3. Indemnification. The Supplier shall indemnify and hold harmless the Buyer against all"
    " claims. 4. Governing law."
    " This Agreement is governed by the laws of the State of New York."
)
CHARGE = (
    "Dear customer, we could not take your payment. Please transfer the outstanding amount of EUR 1,250.00"
    " for invoice 7714 to our"
    " bank account within ten days; otherwise interest and a late fee are charged to your credit card."
    " Accounts receivable."
)
NOTE = (
    "The patient is a 61-year-old woman with a history of asthma who presents with fever and cough for three"
    " days. On exam there are"
    " crackles at the left base. Chest x-ray shows pneumonia. Started on amoxicillin 500 mg three times a"
    " day. Follow up in a week."
)
TABLE = [
    (CONTRACT, "en", "legal", "numbered clauses of a contract"),
    (CHARGE, "en", "financial", "a reminder to pay, with amount and account"),
    (NOTE, "en", "medical", "history, findings, drug and dose"),
    (
        "Der Lizenzgeber räumt dem Lizenznehmer ein nicht ausschließliches, nicht übertragbares"
        " Nutzungsrecht ein. Die Haftung ist"
        " auf Vorsatz und grobe Fahrlässigkeit beschränkt. Änderungen dieses Vertrags bedürfen der"
        " Schriftform. Gerichtsstand ist Köln.",
        "de", "legal", "clauses of a German licence",
    ),
    (
        "Sehr geehrter Herr Kunde, für die Rechnung vom 3. März ist noch ein Betrag von 840 Euro offen."
        " Bitte überweisen Sie ihn bis"
        " zum 20. März auf unser Konto bei der Sparkasse, IBAN siehe unten, sonst berechnen wir"
        " Verzugszinsen und Mahngebühren.",
        "de", "financial", "a German dunning letter",
    ),
    (
        "Der Patient stellte sich mit Fieber und Husten vor. Die Untersuchung ergab eine Lungenentzündung,"
        " die Therapie mit einem"
        " Antibiotikum wurde begonnen. Bei bekannter Hypertonie nimmt er täglich Tabletten ein. Entlassung"
        " nach fünf Tagen.",
        "de", "medical", "a German discharge letter",
    ),
    (
        "Le prestataire s'engage à garder confidentielles les informations du client. La responsabilité des"
        " parties est limitée aux"
        " dommages directs. Le présent contrat est régi par le droit français et tout litige relève des"
        " tribunaux de Lyon.",
        "fr", "legal", "clauses of a French contract",
    ),
    (
        "Votre compte présente un solde débiteur de 320 euros. Nous vous prions d'effectuer un virement"
        " avant le 15 mai ; à défaut, des"
        " frais bancaires et des intérêts seront prélevés, et votre carte de paiement pourra être bloquée"
        " par la banque.",
        "fr", "financial", "a French bank's letter",
    ),
    (
        "La patiente a été hospitalisée pour une fracture du col du fémur, opérée sous anesthésie générale."
        " Les suites sont simples,"
        " la douleur est traitée par paracétamol. Un contrôle radiologique est prévu dans six semaines avec"
        " le chirurgien.",
        "fr", "medical", "a French hospital report",
    ),
    (
        "Peel the potatoes and boil them in salted water. Melt the butter in a pan, brown the leeks, stir in"
        " the cream and grate the"
        " cheese over the top. Bake until golden and serve with a green salad and warm bread.",
        "en", UNKNOWN, "a recipe",
    ),
    (
        "The willow leans above the stream, the swallows dip and turn; a boat drifts by as in a dream, and"
        " far the sunset clouds"
        " still burn. O stay, sweet evening, stay awhile, before the stars begin to smile.",
        "en", UNKNOWN, "a poem",
    ),
    (
        "def walk(tree):\n    for node in tree.children:\n        if node is None:\n            continue\n  "
        "      yield from walk(node)\n"
        "import sys\nclass Reader:\n    def __init__(self, path):\n        self.path = path\n       "
        " self.lines = []\n",
        "en", UNKNOWN, "source code",
    ),
    (
        "Am Samstag fahren wir mit den Kindern an den See. Nehmt Badehosen und einen Ball mit, abends wollen"
        " wir grillen und am Feuer"
        " singen. Wer früher kommt, hilft beim Aufbau der Zelte und holt das Holz aus dem Wald.",
        "de", UNKNOWN, "an invitation to a camp",
    ),
    (
        "Dimanche, nous irons cueillir des cerises chez grand-mère. Les enfants joueront dans le jardin avec"
        " le chien, et le soir nous"
        " mangerons dehors, sous le vieux tilleul, en écoutant chanter les grillons.",
        "fr", UNKNOWN, "a family's plans",
    ),
]  # fmt: skip


def parsed(text: str, media_type: str = "text/plain", title: str | None = None) -> Document:
    return Document("0" * 64, "memory:", text, media_type, title)


@pytest.mark.parametrize(("text", "tag", "domain", "why"), TABLE, ids=[row[3] for row in TABLE])
def test_language_and_domain(text: str, tag: str, domain: str, why: str) -> None:
    found = detect(parsed(text))
    assert found.domain == domain, why
    assert 0 < found.domain_probability <= 1
    if why != "source code":
        assert found.language == tag
        assert found.language_probability > 0.8


def test_kind_is_that_of_the_domain() -> None:
    found = detect(parsed(CONTRACT))
    assert found.kind == domains.load("legal").kind_of(None, CONTRACT) != ""


def test_only_domain_is_taken_at_its_word() -> None:
    found = detect(parsed(CONTRACT), "medical")
    assert (found.domain, found.domain_probability) == ("medical", 1.0)
    with pytest.raises(domains.DomainError, match="no domain 'astrology'"):
        detect(parsed(CONTRACT), "astrology")


@pytest.mark.parametrize("text", ["", "x", "\n\n\n", "1.20 3.40 5.60 2024-01-01", "–", "OK."])
def test_too_little_text_says_nothing(text: str) -> None:
    found = detect(parsed(text))
    assert (found.language, found.domain, found.domain_probability) == (UNDETERMINED, UNKNOWN, 0.0)
    assert found.language_probability == 0.0


HOSTILE = {
    "one word": "a" * 1_000_000,
    "no line end": "word " * 200_000,
    "line ends": "\n" * 1_000_000,
    "colons": "a: " * 300_000,
    "at signs": "a@" * 500_000,
    "headers without an end": "Key: value\n" * 100_000,
    "controls": "a\x00b\x0bc\x1fd\x85e\u2028f " * 50_000,
    "right to left": "שלום \u202eעולם " * 50_000,
    "digits of every script": "٣४௩𝟛² " * 100_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_costs_no_more_than_other(name: str) -> None:
    detect(parsed(CONTRACT))
    start = time.process_time()
    tag, probability = module.document_language(HOSTILE[name])
    domain = detect(parsed(HOSTILE[name])).domain
    assert time.process_time() - start < 2
    assert domain in {UNKNOWN, *domains.names()}
    assert 0 <= probability <= 1
    assert tag


def test_mail_headers_say_neither_language_nor_domain() -> None:
    headers = "From: Payments <pay@bank.example>\nReceived: by mx.example\n for x\nSubject: Abend\n\n"
    body = "Kommst du heute Abend mit ins Kino? Danach essen wir noch eine Pizza und gehen spazieren."
    found = detect(parsed(headers + body, "message/rfc822", "Abendessen"))
    assert (found.language, found.domain) == ("de", UNKNOWN)


@pytest.mark.parametrize(
    "opening",
    [
        "Buyer: the person who buys.",
        "Vermieter: Haus GmbH\nMieter: Frau Beispiel, die keine Untervermietung vornimmt",
        "Diagnose: Fraktur\nTherapie: Gips, danach Ausschlag",
        "Bailleur: SCI du Parc\nLocataire: Mme Exemple\nObjet: la location\nDate: le 3 mai",
        " From: indented\n To: indented",
    ],
)
def test_a_text_that_only_looks_like_headers_is_kept(opening: str) -> None:
    text = f"{opening}\n\nThe rest"
    assert module.mail_headers(text) == ([], text)


@pytest.mark.parametrize("name", ["Subject", "Betreff", "objet"])
def test_the_subject_of_a_mail_is_found_in_its_headers(name: str) -> None:
    text = f"Von: A <a@b.example>\n{name}: Miete\nAn: C\n\nText"
    lines, body = module.mail_headers(text)
    start, end = module.subject(lines)
    assert (text[start:end], body) == (" Miete", "Text")
    assert module.subject(["Von: A"]) == (0, 0)


def test_language_of_the_middle_counts_too() -> None:
    start = "COVER PAGE 12 / 2024 / 7\n" * 20
    text = start + "Der Mieter haftet für alle Schäden, die durch sein Verschulden entstehen. " * 300
    assert detect(parsed(text)).language == "de"


def test_language_of_capitals() -> None:
    assert detect_language("THE TENANT SHALL PAY THE RENT ON THE FIRST DAY OF EACH MONTH.")[0] == "en"


def test_the_same_text_gives_the_same_answer_in_any_thread() -> None:
    texts = [row[0] for row in TABLE] * 4
    once = [detect(parsed(text)) for text in texts]
    random.Random(0).shuffle(texts)
    with ThreadPoolExecutor(4) as pool:
        again = dict(zip(texts, pool.map(lambda text: detect(parsed(text)), texts), strict=True))
    assert all(again[found.text] == found for found in once)


@pytest.mark.slow
def test_another_process_gives_the_same_answer() -> None:
    code = (
        "import sys; from docassay.transforms.detect import detect;"
        "from docassay.transforms.document import Document;"
        "print(detect(Document('', '', sys.argv[1], '')))"
    )
    other = subprocess.run(
        [sys.executable, "-c", code, NOTE],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONHASHSEED": "1"},
    )
    assert other.stdout.strip() == str(detect(Document("", "", NOTE, "")))


def test_no_socket_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    module._languages.cache_clear()
    module._detector.cache_clear()
    found = detect(parsed(NOTE))
    assert (found.language, found.domain) == ("en", "medical")


DOMAIN = r"""
title = "Insurance"
cues = ['(?i)\bpolicyholder\b', '(?i)\bpremium\b', '(?i)\bdeductible\b', '(?i)\bunderwrit', '(?i)adjuster']
[[kind]]
name = "policy"
title_patterns = ['(?i)\binsurance policy\b']
"""


@pytest.fixture
def insurance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "insurance"
    folder.mkdir()
    (folder / "domain.toml").write_text(DOMAIN)
    (folder / "rules.toml").write_text("")
    (folder / "examples.jsonl").write_text("")
    (folder / "__init__.py").write_text("")
    monkeypatch.setenv("DOCASSAY_DOMAINS", str(tmp_path))
    forget_domains()
    yield
    forget_domains()
    sys.modules.pop("docassay.domains.insurance", None)


@pytest.mark.usefixtures("insurance")
@pytest.mark.parametrize(
    ("text", "domain", "probability", "why"),
    quick_first(
        3,
        [
            (
                "Insurance policy. The policyholder pays a premium; the deductible is 5.",
                "insurance",
                TITLED,
                "a title of one of its kinds",
            ),
            (
                "As agreed, the policyholder pays a premium and the deductible is 5.",
                "insurance",
                0.6,
                "three of five",
            ),
            (
                "The policyholder pays the premium to whoever stands at the door of the barn.",
                UNKNOWN,
                None,
                "two",
            ),
            (
                "premium premium, deductible deductible, and again a premium, so he",
                UNKNOWN,
                None,
                "two, repeated",
            ),
            ("x " * 10_001 + "policyholder premium deductible", UNKNOWN, None, "too far in"),
            (NOTE + " Diagnosis. Tablets. Policyholder, premium, deductible.", "medical", None, "more cues"),
        ],
    ),
)
def test_a_domain_that_the_detector_never_saw(
    text: str, domain: str, probability: float | None, why: str
) -> None:
    found = detect(parsed(text))
    assert found.domain == domain, why
    if domain == "insurance":
        assert found.domain_probability == probability


@pytest.mark.parametrize(
    ("kind", "firm", "times", "told"),
    [
        ("judgment", False, 1, ("medical", "")),
        ("judgment", True, 1, ("legal", "judgment")),
        ("judgment", False, 20, ("legal", "judgment")),
        ("", False, 1, ("medical", "")),
        ("", True, 1, (UNKNOWN, "")),
    ],
)
def test_of_one_page_a_sure_detector_may_contradict_the_head(
    monkeypatch: pytest.MonkeyPatch, kind: str, firm: bool, times: int, told: tuple[str, str]
) -> None:
    by_domain = {"financial": 0.0, "legal": 0.7, "medical": 0.0}
    answer = KindPrediction(kind, 0.7, "legal" if kind else "", bool(kind), True, (), by_domain, firm)
    monkeypatch.setattr("docassay.transforms.detect.predict_kind", lambda *_: answer)
    found = detect(parsed("\n".join([NOTE] * times)))
    assert (found.domain, found.kind) == told
    assert found.kind_confident == (told != ("medical", ""))


@pytest.mark.parametrize(
    ("legal", "times", "told"), [(0.55, 20, "legal"), (0.45, 20, UNKNOWN), (0.55, 1, UNKNOWN)]
)
def test_a_text_that_nothing_else_places_is_of_the_likely_domain_if_it_is_long(
    monkeypatch: pytest.MonkeyPatch, legal: float, times: int, told: str
) -> None:
    left = KindPrediction(by_domain={"financial": 0.0, "legal": legal, "medical": 0.0})
    monkeypatch.setattr("docassay.transforms.detect.predict_kind", lambda *_: left)
    text = "The old miller stood at the window and looked out into the rain until his wife called him."
    assert detect(parsed("\n".join([text] * times))).domain == told


@pytest.mark.parametrize(
    ("financial", "times", "told"), [(0.2, 20, "financial"), (0.05, 20, UNKNOWN), (0.05, 1, "financial")]
)
def test_of_whole_documents_detector_and_cues_say_nothing_against_the_head(
    monkeypatch: pytest.MonkeyPatch, financial: float, times: int, told: str
) -> None:
    unsure = KindPrediction(by_domain={"financial": financial, "legal": 0.4, "medical": 0.0})
    monkeypatch.setattr("docassay.transforms.detect.predict_kind", lambda *_: unsure)
    text = (
        "Net sales rose by 4 percent in the third quarter. Operating income was $12 million, and diluted"
        " earnings per share were $0.40. The dividend of the fiscal year is unchanged. Revenue will grow."
    )
    assert detect(parsed("\n".join([text] * times))).domain == told


def test_a_domain_whose_folder_is_gone_is_not_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    left = [domain for domain in domains.document_domains() if domain.name != "medical"]
    monkeypatch.setattr(domains, "document_domains", lambda: left)
    assert detect(parsed(NOTE)).domain == UNKNOWN


def test_features_fold_capitals_and_numbers() -> None:
    assert [list(part) for part in features("Paid 12 NOW")] == [
        list(part) for part in features("paid 99 now")
    ]
    assert [list(part) for part in features("paid 12")] != [list(part) for part in features("paid 123")]
    assert features("word " * 10)[0].max() < BUCKETS


def test_a_damaged_detector_is_refused(tmp_path: Path) -> None:
    shipped = catalog.find("detector")
    (tmp_path / "model.toml").write_bytes((shipped / "model.toml").read_bytes())
    (tmp_path / "weights.npz").write_bytes((shipped / "weights.npz").read_bytes()[:-1] + b"x")
    with pytest.raises(catalog.ModelError, match=r"is not the file that model\.toml describes"):
        load(tmp_path)


def test_an_encoder_is_not_a_detector(tmp_path: Path) -> None:
    card = (
        (catalog.find("detector") / "model.toml").read_text().replace('kind = "detector"', 'kind = "encoder"')
    )
    (tmp_path / "model.toml").write_text(card)
    (tmp_path / "weights.npz").write_bytes((catalog.find("detector") / "weights.npz").read_bytes())
    with pytest.raises(catalog.ModelError, match="not a detector"):
        load(tmp_path)


def test_the_card_states_figures_that_meet_the_target() -> None:
    quality = load(catalog.find("detector")).card.about["quality"]
    assert quality["document_accuracy"] >= 0.98
    assert quality["document_ece"] <= 0.03
