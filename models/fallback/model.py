"""Fallback models: what is asked where the small one abstains, behind one protocol whatever the kind.

A larger model is asked for the labels of single texts, never for prose. What it fails at is an `Answer`
with a reason and no exception: nobody's document is lost for it. It is chosen by `Settings`, which hold names
only and may be pickled; what is opened is not.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from docassay.models.catalog import TaskCard
from docassay.models.reading import DECIMALS, SETTLED

UNSURE = "unsure"
SLOW = "slow"
ABSENT = "absent"
REFUSED = "refused"
NONSENSE = "nonsense"
BUDGET = "budget"
FAILED = "failed"

OUTCOMES = (*SETTLED, UNSURE, SLOW, ABSENT, REFUSED, NONSENSE, BUDGET, FAILED)
"""What may come of asking: its label, another label or none, or why the small model's answer stays."""

LEAST = 0.9
"""From this probability on an answer is taken, where the larger model has no threshold of its own."""

KEY_VARIABLE = "DOCASSAY_ESCALATE_KEY"
"""The environment variable that has an endpoint's key."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a run may spend on one model in one worker process, and how fast; None: without bound.

    Attributes:
        calls: Texts that are asked about, retries of an endpoint included.
        tokens: Tokens sent and received.
        seconds: Time in which at least one answer is being waited for.
        money: In the currency of the prices; of an endpoint.
        rate: Calls a second, to an endpoint.
        timeout: Seconds for one answer of an endpoint, retries included.
        price_in: Of a million tokens sent.
        price_out: Of a million tokens received.
    """

    calls: int | None = None
    tokens: int | None = None
    seconds: float | None = None
    money: float | None = None
    rate: float | None = None
    timeout: float = 30.0
    price_in: float = 0.0
    price_out: float = 0.0


@dataclass(frozen=True, slots=True)
class Settings:
    """Which larger model is asked, and how; the same on every worker, and without any secret.

    Attributes:
        kind: What it is; a translator is asked for translations that a guard doubts, the others for labels.
        at: Its folder, or its name in the catalog, or the endpoint's address up to ``/v1``.
        model: The name by which an endpoint knows it.
        least: From this probability on an answer is taken, where the model has no threshold of its own.
        mask: Personal data are masked in what it is shown.
        per_document: Most questions about one document, or sentences of it.
        limits: What a run may spend.
    """

    kind: Literal["encoder", "decoder", "endpoint", "translator"]
    at: str
    model: str = ""
    least: float = LEAST
    mask: bool = False
    per_document: int = 100
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a text: a task, with all of its labels.

    Attributes:
        kind: ``single``: exactly one label holds; ``multi``: each holds or not.
        definitions: What a label means, in a sentence, as (label, meaning), where the card says so.
    """

    task: str
    kind: Literal["single", "multi"]
    labels: tuple[str, ...]
    definitions: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, task: TaskCard) -> Question:
        """Take it from the card of the model that abstained."""
        return cls(task.name, task.kind, task.labels, tuple(sorted(task.definitions.items())))


@dataclass(frozen=True, slots=True)
class Answer:
    """What a larger model says of one text.

    Attributes:
        probabilities: Of the labels asked; of a ``single`` task, of all of its labels.
        given: The labels of which it is sure that they hold.
        denied: Those of a ``multi`` task of which it is sure that they do not.
        reason: Why there is none of that, one of `OUTCOMES`; None where it answered.
    """

    probabilities: Mapping[str, float] = field(default_factory=dict)
    given: frozenset[str] = frozenset()
    denied: frozenset[str] = frozenset()
    reason: str | None = None


class FallbackModel(Protocol):
    """A larger model that is open; several threads may ask it at once."""

    id: str
    """How rows name it, ``name@version``."""

    def knows(self, question: Question) -> bool:
        """Tell whether it can be asked that."""
        ...

    def answer(self, texts: Sequence[str], question: Question, labels: Sequence[str]) -> list[Answer]:
        """Answer a question about each text.

        Args:
            texts: The texts.
            question: The question.
            labels: Those that are in doubt; of a ``single`` task, and for an encoder, all of them.

        Returns:
            One answer for each text, in order.
        """
        ...


def judged(question: Question, probabilities: Mapping[str, float], least: float) -> Answer:
    """Take an answer whose probability is `least` or more, of a ``multi`` task also a no of that probability.

    Of what is as probable as its opposite, or as another label, nobody is sure, however low `least` is.

    >>> judged(Question("t", "single", ("a", "b")), {"a": 0.95, "b": 0.05}, 0.9).given
    frozenset({'a'})
    >>> sorted(judged(Question("t", "multi", ("a", "b")), {"a": 0.05, "b": 0.5}, 0.9).denied)
    ['a']
    >>> judged(Question("t", "multi", ("a",)), {"a": 0.5}, 0.5)
    Answer(probabilities={'a': 0.5}, given=frozenset(), denied=frozenset(), reason=None)
    """
    rounded = {label: round(probability, DECIMALS) for label, probability in probabilities.items()}
    if question.kind == "single":
        best = max(rounded, key=lambda label: rounded[label])
        alone = list(rounded.values()).count(rounded[best]) == 1
        return Answer(rounded, frozenset({best} if alone and rounded[best] >= least else ()))
    yes = {label for label, probability in rounded.items() if probability >= least and probability > 0.5}
    no = {
        label
        for label, probability in rounded.items()
        if round(1 - probability, DECIMALS) >= least and probability < 0.5
    }
    return Answer(rounded, frozenset(yes), frozenset(no))


class Meter:
    """Counts calls, tokens, seconds and money against their limits; for several threads.

    Seconds are those in which at least one call is under way, so calls beside each other count once: a run
    waits no longer than that in all.

    >>> meter = Meter(Limits(calls=1))
    >>> meter.begin(), meter.begin()
    (True, False)
    """

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with nothing spent."""
        self.limits = limits
        self.calls = 0
        self.tokens_in = 0
        self.tokens_out = 0
        self._busy = 0.0
        self._under_way = 0
        self._since = 0.0
        self._stopped = False
        self._clock = clock
        self._lock = threading.Lock()

    def begin(self) -> bool:
        """Begin a call, unless a limit is reached; `end` must follow where it is not."""
        with self._lock:
            if self._spent():
                return False
            self.calls += 1
            if not self._under_way:
                self._since = self._clock()
            self._under_way += 1
        return True

    def spend(self, tokens_in: int) -> None:
        """Count tokens of a call that is under way, so that the next may not begin."""
        with self._lock:
            self.tokens_in += tokens_in

    def end(self, tokens_in: int = 0, tokens_out: int = 0) -> None:
        """End a call, and say what it took."""
        with self._lock:
            self.tokens_in += tokens_in
            self.tokens_out += tokens_out
            self._under_way -= 1
            if not self._under_way:
                self._busy += self._clock() - self._since

    def spent(self) -> bool:
        """Tell whether a limit is reached."""
        with self._lock:
            return self._spent()

    def stop(self) -> None:
        """Let no further call begin."""
        self._stopped = True

    def seconds(self) -> float:
        """Return the seconds in which a call was under way."""
        with self._lock:
            return self._seconds()

    def money(self) -> float:
        """Return what the tokens cost."""
        with self._lock:
            return self._money()

    def patience(self) -> float:
        """Return the seconds that an answer may still be waited for: its timeout, or what is left of all."""
        if self.limits.seconds is None:
            return self.limits.timeout
        return max(0.0, min(self.limits.timeout, self.limits.seconds - self.seconds()))

    def _spent(self) -> bool:
        limits = self.limits
        values = (
            (self.calls, limits.calls),
            (self.tokens_in + self.tokens_out, limits.tokens),
            (self._seconds(), limits.seconds),
            (self._money(), limits.money),
        )
        return self._stopped or any(most is not None and value >= most for value, most in values)

    def _seconds(self) -> float:
        return self._busy + (self._clock() - self._since if self._under_way else 0.0)

    def _money(self) -> float:
        return (self.tokens_in * self.limits.price_in + self.tokens_out * self.limits.price_out) / 1_000_000
