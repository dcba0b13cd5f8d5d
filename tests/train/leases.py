"""Sentences of leases with their topics, made by the tests: no two are near-duplicates by design."""

from __future__ import annotations

import random

TOPICS = {
    "rent": [
        "pays the rent",
        "by standing order",
        "monthly in advance",
        "raises the rent",
        "arrears of rent",
    ],
    "repair": ["mends the roof", "keeps the heating in order", "replaces broken windows", "wear and tear"],
    "notice": ["ends the lease", "gives notice in writing", "three months before", "by registered post"],
}
FILLERS = [
    "tenant",
    "landlord",
    "house",
    "flat",
    "cellar",
    "garden",
    "stairs",
    "neighbour",
    "door",
    "key",
    "floor",
    "week",
    "year",
    "party",
]


def sentences(number: int, seed: int = 0) -> list[tuple[str, str]]:
    """Make (text, topic) pairs; one in twenty has the label of another topic, as labels of people do."""
    chance = random.Random(seed)
    made = []
    for _ in range(number):
        topic = chance.choice(sorted(TOPICS))
        words = [*chance.sample(TOPICS[topic], 2), *chance.sample(FILLERS, 5)]
        chance.shuffle(words)
        label = topic if chance.random() > 0.05 else chance.choice(sorted(TOPICS))
        made.append((f"{chance.randint(1, 30)}. Terms\n\nThe {' '.join(words)}.", label))
    return made
