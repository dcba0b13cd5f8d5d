"""The kind of a document: wording and layout propose, a head on the whole document decides.

The head (`models/document_head.py`) reads the words of the original and, as feature strings, the titles and
wording of kinds that were met and the structure of the text. It knows "none of these", and "of this domain,
but of none of its kinds", whose label is the domain's name. Kinds that it was not trained on, such as those
of a user's domain, are told by their wording alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from docassay import domains
from docassay.domains.opening import opening_of
from docassay.domains.rules import Kind
from docassay.languages import language
from docassay.models import catalog
from docassay.schemas.rows import UNKNOWN

if TYPE_CHECKING:
    from docassay.models.document_head import DocumentHead


READ_CHARS = 20_000
"""How far into a document structure and wording are looked at."""

_HEADINGS = 60
_FIRST_LINES = 4
_LONGEST_TITLE = 120
_AMOUNT = re.compile(r"\d[.,]\d{2}\b\D{0,6}$")
_DOTTED_TIME = re.compile(r"\d{1,2}[./]\d{1,2}[./]\d{2,4}|\d{4}-\d{2}-\d{2}")
_WORD = re.compile(r"[^\W\d_]{2,40}")
_INLINE = re.compile(r"([A-Z][A-Za-zÀ-ÿ/&' -]{2,40}):(?:\s|$)")
# The head of kinds has learnt from these languages: what is counted does not grow with others.
_SALUTATION = re.compile(
    "(?m)^[ \t]*(?:" + "|".join(one for code in ("en", "de", "fr") for one in language(code).greetings) + ")"
)
_CLOSING = re.compile(
    r"(?im)^[ \t]*(?:(?:yours |best |kind |warm )?(?:sincerely|faithfully|regards)"
    r"|mit (?:\w+ ){0,2}gr(?:ü|ue)(?:ß|ss)en|(?:bien )?cordialement|confraternellement|veuillez agréer)"
)


def features(title: str | None, text: str, language: str, met: Sequence[str]) -> list[str]:
    """Give the structure of a document as feature strings, for the head that tells its kind.

    What words alone do not say: the titles and wording of kinds that were `met`, headings and first lines,
    how lines are filled, whether amounts stand in columns, whether it is a letter.
    """
    opening = text[:READ_CHARS]
    lines = [line.strip() for line in opening.split("\n")]
    filled = [line for line in lines if line]
    strings = [f"language {language}", f"length {len(text).bit_length()}"]
    strings += met
    strings += [f"first {word}" for line in filled[:_FIRST_LINES] for word in _words(line[:80])]
    strings += [f"title {word}" for word in _words((title or "")[:200])]
    for heading in list(_headings(lines))[:_HEADINGS]:
        strings.append(f"heading {heading}")
        strings += [f"in heading {word}" for word in heading.split()]
    count = max(1, len(filled))
    strings += [
        f"amounts {_share(sum(bool(_AMOUNT.search(line[-20:])) for line in filled), count)}",
        f"short lines {_share(sum(len(line) < 40 for line in filled), count)}",
        f"long lines {_share(sum(len(line) > 200 for line in filled), count)}",
        f"dates {_share(sum(bool(_DOTTED_TIME.search(line[:200])) for line in filled), count)}",
    ]
    if _SALUTATION.search(text[:3_000]):
        strings.append("salutation")
    if _CLOSING.search(text[-3_000:]):
        strings.append("closing")
    return strings


def wording(title: str | None, text: str, names: Iterable[str]) -> tuple[list[str], list[str]]:
    """List the kinds, as ``domain.kind``, whose title a document bears, and those whose wording it has."""
    opening = text[:READ_CHARS]
    loaded = [domains.load(name) for name in names]
    titled = [f"{domain.name}.{kind.name}" for domain in loaded for kind in domain.titled(title, opening)]
    worded = [f"{domain.name}.{kind.name}" for domain in loaded for kind in domain.worded(opening)]
    return titled, worded


def proposals(titled: Sequence[str], worded: Sequence[str]) -> list[str]:
    """Turn what `wording` met into feature strings."""
    return [f"titled {kind}" for kind in titled] + [f"worded {kind}" for kind in worded]


def _headings(lines: Sequence[str]) -> Iterator[str]:
    """Give lines that look like headings, and what stands before a colon, in lower case without digits."""
    for number, line in enumerate(lines):
        if not line:
            continue
        following = lines[number + 1] if number + 1 < len(lines) else ""
        marked = line.startswith(("#", "**")) or following[:3] in ("===", "---")
        if len(line) <= 80 and (marked or line.endswith(":") or (line.isupper() and len(line) > 3)):
            heading = " ".join(_words(line))
        elif match := _INLINE.match(line):
            heading = " ".join(_words(match[1]))
        else:
            continue
        if heading:
            yield heading


def _words(line: str) -> list[str]:
    return _WORD.findall(line.lower())


def _share(count: int, of: int) -> str:
    share = count / of
    return next(
        (name for name, limit in (("none", 0.001), ("few", 0.1), ("some", 0.3)) if share <= limit), "many"
    )


NONE = "none"
"""The head's label for a document of none of the kinds."""

HEAD = "kind"
"""The name of the head's folder."""

LEAST_TITLED = 0.1
"""The least probability of a kind that is named though it is not sure, where its title was met."""

LEAST_BORNE = 0.003
"""The same, where the head is not sure of anything, and the title is the document's own."""

MOST_AGAINST = 0.75
"""The most probability of another kind at which the document's own title comes before others."""

LEAST = 0.3
"""The same, where its wording was met."""

LEAST_UNPROPOSED = 0.53
"""The same, where nothing of it was met."""

LEAST_ASKED = 0.4
"""The least probability of a kind that is not sure of which checks are asked that likely kinds share."""

LEAST_WORDS = 12
"""Different words below which only a title tells a kind, and nothing a domain."""

LIKELY = 0.15
"""From this probability on, a kind's questions are asked where no kind is sure."""

TITLE_ODDS = 8.0
"""How much likelier the kind is whose title was met; chosen on half of the real documents."""

WORDING_ODDS = 2.0
"""How much likelier a kind is whose wording was met."""

LEAST_ALONE = 0.9
"""The least probability of a kind that is not sure where no other is likely, and of a sure kind with checks
whose title and wording were not met."""

LEAST_OTHER_TITLED = 0.98
"""The least probability of a sure kind whose title was not met where another kind's of its domain was."""

WIDE = frozenset({"legal.contract"})
"""Kinds whose title the narrower ones bear, too: it says nothing against them."""

MOST_LIKELY = 3
"""Most kinds whose questions are asked of one document."""

EMAIL = "email"
CHAT = "chat"
WRITTEN = frozenset({EMAIL, CHAT})
"""The kinds of what people write each other, in any domain."""


@dataclass(frozen=True, slots=True)
class KindPrediction:
    """The predicted kind of a document.

    Attributes:
        kind: The kind within its domain, or ``""``.
        probability: Of the kind; without one, of being none of the kinds that the head knows.
        domain: The domain that the kind is of, or ``""``.
        tells_domain: Whether the kind implies its domain; letters, for one, do not.
        sure: Whether the kind, or its absence, may be relied on.
        likely: Candidates where it is not sure, as ``domain.kind``, most probable first.
        by_domain: The probability that the kind is one of the domain.
        firm: Whether the title or wording of any kind was met, or the kind is one that is asked something.
    """

    kind: str = ""
    probability: float = 0.0
    domain: str = ""
    tells_domain: bool = False
    sure: bool = False
    likely: tuple[str, ...] = ()
    by_domain: Mapping[str, float] = field(default_factory=dict)
    firm: bool = False


def predict_kind(
    title: str | None, text: str, read: str, language: str, names: Sequence[str]
) -> KindPrediction:
    """Predict the kind of a document.

    The title of a kind that the head was not trained on decides, unless the head is sure of a kind whose
    title was met as well, and of which something is asked. Of titles that were met, that of the document
    itself or its first line comes before others, and it tells a kind wherever the head is not sure. The
    wording of a kind that overrules others decides against those.
    """
    head = head_of_kinds()
    titled, worded = wording(title, text, names)
    if not titled and not says_enough(read):
        return KindPrediction()
    answered = head.predict(read, features(title, text, language, proposals(titled, worded)))
    strange = next((kind for kind in titled if kind not in head.task.labels and not _generic(kind)), None)
    against = max((answered[kind] for kind in answered if kind != NONE), default=0.0)
    borne = _borne(title, text, titled) if against < MOST_AGAINST else []
    titled = [kind for kind in titled if kind in WIDE or kind in borne] if borne else titled
    probabilities = weighed(among(answered, names), titled, worded)
    best = max(probabilities, key=lambda kind: probabilities[kind], default=NONE)
    sure = head.sure_label(probabilities) is not None
    by_domain = {name: _of_domain(probabilities, name) for name in names}
    if strange and not (sure and best in titled and _defined(best).asked):
        domain, _, kind = strange.partition(".")
        return KindPrediction(kind, probabilities.get(NONE, 0.0), domain, True, True, (), by_domain, True)
    bearing: Sequence[str] = ()
    if not sure or best == NONE:  # words of none are many: a title that was met is the better sign
        bearing = [kind for kind in titled if probabilities.get(kind, 0.0) >= LEAST_TITLED]
    least = LEAST_ALONE if borne and best == NONE else _least_sure(best, titled, worded)
    sure = sure and probabilities[best] >= least
    own = [] if sure else [kind for kind in borne if probabilities.get(kind, 0.0) >= LEAST_BORNE]
    bearing = bearing or own
    best, sure = (max(bearing, key=lambda k: probabilities[k]), False) if bearing else (best, sure)
    least = LEAST_TITLED if best in titled else LEAST if best in worded else LEAST_UNPROPOSED
    named = best != NONE and (sure or best in own or ("." in best and probabilities[best] >= least))
    domain, _, kind = best.partition(".") if named else ("", "", "")
    likely = () if sure else _likely(probabilities, titled)
    if about := _overruling([best] if named else likely, text):
        domain, _, kind = about.partition(".")
        return KindPrediction(kind, probabilities.get(best, 0.0), domain, True, True, (), by_domain, True)
    probability = probabilities.get(best if named else NONE, 0.0)
    tells = named and not _generic(best)
    firm = bool(titled or worded) or ("." in best and named and _defined(best).asked)
    return KindPrediction(kind, probability, domain, tells, sure, likely, by_domain, firm)


def _borne(title: str | None, text: str, titled: Iterable[str]) -> list[str]:
    """Keep of the kinds whose title an opening has those that the document's own title names.

    That is the title of the file or the first line; else, of several, the first line without a colon that
    names one: "Order: 12" refers to another document.
    """
    narrow = [kind for kind in titled if kind not in WIDE and not _generic(kind)]
    opening = opening_of(text).lstrip().split("\n")
    own = [title or opening[0]]
    lines = [*own, *(line for line in opening if ":" not in line)] if len(narrow) > 1 else own
    loaded = [domains.load(name) for name in {kind.partition(".")[0] for kind in narrow}]
    for line in lines:
        if len(line) <= _LONGEST_TITLE:
            named = {f"{domain.name}.{kind.name}" for domain in loaded for kind in domain.titled(line, "")}
            if borne := [kind for kind in narrow if kind in named]:
                return borne
    return []


def _overruling(told: Iterable[str], text: str) -> str:
    """Name the kind, as ``domain.kind``, that a text is told instead of one that it was taken for."""
    kinds: dict[str, set[str]] = {}
    for domain, _, kind in (one.partition(".") for one in told):
        kinds.setdefault(domain, set()).add(kind)
    named = ((domain, domains.load(domain).overruling(of, text)) for domain, of in kinds.items())
    return next((f"{domain}.{about}" for domain, about in named if about), "")


def _least_sure(best: str, titled: Sequence[str], worded: Sequence[str]) -> float:
    """Give the least probability of a sure kind, by what title and wording say of it."""
    if best not in titled and _titled_otherwise(best, titled):
        return LEAST_OTHER_TITLED
    return LEAST_ALONE if best not in titled and best not in worded and _has_checks(best) else 0.0


def _titled_otherwise(best: str, titled: Sequence[str]) -> bool:
    """Tell whether a document bears the title of another kind of the same domain, and not that of `best`."""
    others = {kind for kind in titled if kind not in WIDE and not _generic(kind)}
    return best not in others and best.partition(".")[0] in {kind.partition(".")[0] for kind in others}


def says_enough(text: str) -> bool:
    """Tell whether a text has so many words that its domain and kind may be told: figures say nothing."""
    return len(set(_WORD.findall(text.lower()))) >= LEAST_WORDS


def weighed(
    probabilities: Mapping[str, float], titled: Sequence[str], worded: Sequence[str]
) -> dict[str, float]:
    """Weigh what the head answers by the kinds that were proposed, as independent evidence of each.

    A wide title counts where no other was met. The head knows the proposals from its training; but the words
    of documents from elsewhere are often new to it, and then their title says more than it believes.

    >>> weighed({"legal.nda": 0.2, "none": 0.8}, ["legal.nda"], [])
    {'legal.nda': 0.666667, 'none': 0.333333}
    """
    narrow = [kind for kind in titled if kind not in WIDE] or titled
    factors = {kind: 1.0 for kind in probabilities}
    for proposed, odds in ((narrow, TITLE_ODDS), (worded, WORDING_ODDS)):
        for kind in proposed:
            if kind in factors:
                factors[kind] *= odds
    total = sum(probability * factors[kind] for kind, probability in probabilities.items()) or 1.0
    return {
        kind: round(probability * factors[kind] / total, 6) for kind, probability in probabilities.items()
    }


def worded_kind(text: str, domain: str) -> str:
    """Name the kind of a domain whose wording a text has, of kinds that the head was not trained on."""
    if domain == UNKNOWN:
        return ""
    known = head_of_kinds().task.labels
    worded = (kind.name for kind in domains.load(domain).worded(text))
    return next((kind for kind in worded if f"{domain}.{kind}" not in known), "")


def _likely(probabilities: Mapping[str, float], titled: Sequence[str]) -> tuple[str, ...]:
    ordered = sorted(probabilities, key=lambda kind: (-probabilities[kind], kind))
    kinds = (kind for kind in ordered if "." in kind)
    likely = [kind for kind in kinds if probabilities[kind] >= LIKELY or kind in titled]
    return tuple(likely[:MOST_LIKELY])


def _of_domain(probabilities: Mapping[str, float], domain: str) -> float:
    own = (kind for kind in probabilities if kind.partition(".")[0] == domain and not _generic(kind))
    return min(1.0, round(sum(probabilities[kind] for kind in own), 6))  # of rounded ones the sum may be more


def among(answered: Mapping[str, float], names: Sequence[str]) -> dict[str, float]:
    """Keep the kinds of some domains, and none; other domains' probability counts as that of none.

    >>> among({"legal.nda": 0.5, "medical.bill": 0.25, "none": 0.25}, ["legal"])
    {'legal.nda': 0.5, 'none': 0.5}
    """
    kept = {kind: p for kind, p in answered.items() if kind == NONE or kind.partition(".")[0] in names}
    if answered:
        kept[NONE] = max(0.0, round(kept.get(NONE, 0.0) + sum(answered.values()) - sum(kept.values()), 6))
    return kept


def is_about(kind: str) -> bool:
    """Tell whether a kind, as ``domain.kind``, is that of texts about documents, whose samples are not asked.

    >>> is_about("legal.guide"), is_about("legal.lease"), is_about("unknown.")
    (True, False, False)
    """
    return bool(kind.partition(".")[2]) and bool(_defined(kind).overrules)


def _generic(kind: str) -> bool:
    return "." in kind and _defined(kind).generic


@cache
def _has_checks(kind: str) -> bool:
    name, _, short = kind.partition(".")
    return bool(short) and any(
        not rule.kinds or short in rule.kinds for rule in domains.load(name).asking((short,)).checks
    )


def _defined(kind: str) -> Kind:
    name, _, short = kind.partition(".")
    return next(k for k in domains.load(name).kinds if k.name == short)


@cache
def head_of_kinds() -> DocumentHead:
    """Open the head that tells kinds, once per process."""
    from docassay.models.document_head import load

    return load(catalog.find(HEAD))


@cache
def told_languages() -> frozenset[str]:
    """Name the languages in which kinds are told, and rules are written."""
    return frozenset(head_of_kinds().card.about.get("languages", []))
