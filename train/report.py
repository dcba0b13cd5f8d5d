"""What `docassay train` prints of a finished job."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from docassay.observe.sanitize import line
from docassay.train.job import Job, Prepared, Trained

CONFUSIONS = 8
NAMES = {"head": "this model", "alone": "each text alone", "tfidf": "TF-IDF + linear", "majority": "majority"}


def report(job: Job, prepared: Prepared, trained: Trained) -> Iterator[RenderableType]:
    """Give tables and sentences, in the order in which they are printed."""
    measured, calibration = trained.measured, trained.fitted.calibration
    parts = ", ".join(f"{len(rows):,} {name}" for name, rows in prepared.parts.items())
    yield Text(f"{prepared.kind}-label, {len(prepared.labels)} labels; texts: {parts}")
    yield _by_label(trained)
    yield _scores(trained)
    yield Text(verdict(trained))
    if trained.full_figure is not None:
        yield Text(full_verdict(trained))
    yield Text(
        f"calibration error {measured.error:.3f}; from probability {calibration.abstain_below:.3f} on answers"
        f" count, {calibration.kept:.0%} of them at precision {calibration.precision:.3f} on validation"
        f" (asked: {job.about.precision:g}); on the test {measured.kept:.0%} at"
        f" {measured.kept_precision:.3f}; the others are marked abstained"
    )
    if calibration.precision < job.about.precision:
        yield Text("no threshold reached the precision asked for; the highest reached was taken", "yellow")
    for gold, given, number in measured.confused[:CONFUSIONS]:
        yield Text(f"confused {number} times: {line(gold)} mistaken for {line(given)}")
    yield Text(
        f"wrote {line(str(job.out))}; use it: docassay batch IN --out OUT --models {line(str(job.out))}"
        f" --domain {job.about.domain}"
    )


def verdict(trained: Trained) -> str:
    """Say plainly whether the model is worth more than TF-IDF."""
    measured = trained.measured
    least, _, most = measured.difference
    mine, other = (measured.scores[name][measured.headline] for name in (measured.alone, "tfidf"))
    name = measured.headline.replace("_", "-")
    if measured.beats:
        begin = "It beats TF-IDF"
    elif most < 0:
        begin = "It is worse than TF-IDF: use a TF-IDF model, or try --full or more data"
    else:
        begin = "It does not beat TF-IDF by more than chance; more data or --full may help"
    return (
        f"{begin}: {name} {mine:.3f} against {other:.3f} on {measured.texts:,} test texts"
        f" (difference {mine - other:+.3f}, 95 % of resamples {least:+.3f} to {most:+.3f})"
    ) + ("; both read each text alone" if measured.alone == "alone" else "")


def full_verdict(trained: Trained) -> str:
    """Say whether fine-tuning was worth it, on validation."""
    full, head = trained.full_figure or 0.0, trained.head_figure
    if full > head:
        return f"fine-tuning is better than the head alone on validation: {full:.3f} against {head:.3f}; kept"
    return (
        f"fine-tuning did not beat the head alone on validation: {full:.3f} against {head:.3f};"
        " the head on the shipped encoder is kept"
    )


def _by_label(trained: Trained) -> Table:
    table = Table(show_edge=False, header_style="bold")
    table.add_column("label", overflow="fold")
    for name in ("precision", "recall", "F1", "F1 TF-IDF", "F1 majority", "texts"):
        table.add_column(name, justify="right")
    by = trained.measured.by_label
    for label, (precision, recall, f1, texts) in by["head"].items():
        others = [by["tfidf"][label][2], by["majority"][label][2]]
        values = [f"{value:.3f}" if texts else "-" for value in (precision, recall, f1, *others)]
        table.add_row(line(label), *values, f"{texts:.0f}")
    return table


def _scores(trained: Trained) -> Table:
    measured = trained.measured
    table = Table(show_edge=False, header_style="bold")
    for name in ("model", measured.headline, "macro_f1"):
        table.add_column(name, justify="left" if name == "model" else "right")
    for model, scores in measured.scores.items():
        table.add_row(NAMES[model], *(f"{scores[key]:.3f}" for key in (measured.headline, "macro_f1")))
    return table
