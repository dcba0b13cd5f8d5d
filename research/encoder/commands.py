"""The steps of `python -m research.encoder`, in the order in which they are run."""

import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from docassay.models import modelfile
from docassay.models.catalog import DEFAULT_ENCODER, SHIPPED
from docassay.schemas.errors import UsageError
from docassay.train import lexical_weights
from docassay.train.calibrate import Calibration, correct, in_order
from docassay.train.calibrate import calibrate as calibrate_head
from docassay.train.encode import token_ids
from docassay.train.full.convert import to_ctranslate2
from docassay.train.heads import Head, fit, probabilities
from docassay.train.heads import save as save_heads
from docassay.train.score import decide, metrics
from research.corpora import TASKS, Example, load
from research.corpora.archives import licences
from research.corpora.example import WINDOW, drawn, label_order, targets
from research.encoder import runs
from research.encoder.bases import BASES, base_folder
from research.encoder.states import cut_states, runtime
from research.measure import report
from research.measure.evaluate import PARITY, Measured, measure, parity, reading
from research.measure.floors import floor
from research.version import following

INTENDED_USE = (
    "Label English segments of legal, financial and medical documents for triage by people who read the "
    "documents. Not legal, financial or medical advice, and no basis for a decision about a person without a "
    "human reading."
)
KNOWN_FAILURES = (
    "Rare labels (under about 20 training texts) are seldom given.",
    "Trained on spans and sentences: a segment that mixes several clauses may get only the strongest.",
    "English only; other languages get confident nonsense.",
    "message_fraud is trained on text messages: of mail it calls much of the marketing and "
    "some business mail spam or smishing.",
    "note_section was trained on notes of visits: a discussion or a summary it calls a history.",
    "adverse_reaction takes lists of diagnoses for reactions where it is asked of other texts than labels"
    " and abstracts.",
    "sentiment mixes the news of a company (headlines) with the direction of a market (posts).",
)
STRENGTHS = (10.0, 100.0)
"""Inverse regularisations tried when a head is refitted, per train text."""
REFIT_MARGIN = 0.01
"""By how much a refitted head must be better on validation: there are two of them to choose from."""


def corpora(data: Path) -> str:
    """Count the texts of every task by split."""
    lines = []
    for name in TASKS:
        examples = load(name, data)
        counts = Counter(f"{example.split} {example.part}".strip() for example in examples)
        lines.append(
            f"{name}: {len(label_order(examples))} labels; "
            + ", ".join(f"{k} {v:,}" for k, v in counts.items())
        )
    return "\n".join(lines)


def floors(data: Path) -> str:
    """Measure what a linear model on words reaches on every test."""
    return "\n".join(f"{name}: {floor(name, data)}" for name in TASKS)


def finetune(
    data: Path,
    checkpoints: Path,
    run: Path,
    tokens: int,
    until: float,
    start: Path | None = None,
    device: str = "cpu",
    named: str = DEFAULT_ENCODER,
    readings: int = 2,
) -> None:
    """Fine-tune the base `named` on all tasks, or go on from the checkpoint in `run`.

    A batch is read once or, for R-drop, twice. With `start` the encoder and the heads begin as those of that
    model folder rather than untrained.

    Raises:
        UsageError: `run` or `start` is of another base.
    """
    from research.encoder import joint
    from research.encoder.finetune import Recipe, make_rows, train

    if start is not None and (before := modelfile.read(start)["base"]) != BASES[named].origin:
        raise UsageError(f"{start} began as {before}, not as {named}; name its base by --base")
    runs.begin(run, named)
    base = base_folder(checkpoints, named)
    examples = {name: load(name, data) for name in TASKS}
    heads = [
        joint.head_spec(name, TASKS[name].kind, label_order(examples[name]), examples[name]) for name in TASKS
    ]
    joint.describe(heads, run)
    rows = make_rows(examples, heads, base, {name: task.max_tokens for name, task in TASKS.items()})
    recipe = Recipe(tokens=tokens, until=until, agreement=float(readings - 1))
    print(f"{len(rows)} rows, {sum(len(row.ids) for row in rows)} tokens a pass; {recipe}", flush=True)
    model = joint.JointModel(joint.load_encoder(base, start), heads, recipe.dropout)
    if start is not None:
        for name, head in runs.uncalibrated(start).items():
            joint.begin(model, name, head)
    train(model, heads, rows, {name: task.passes for name, task in TASKS.items()}, recipe, run, device)


def convert(checkpoints: Path, run: Path, folder: Path, version: str) -> None:
    """Convert a run's encoder, to int8 in the model folder and to float32 beside the run.

    The heads and an uncalibrated card are written too; without a version it is the folder's next.
    """
    named = runs.base_of(run)
    _check(folder, named)
    base = base_folder(checkpoints, named)
    tuned = run / "hf"
    tuned.mkdir(exist_ok=True)
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"):
        shutil.copyfile(base / name, tuned / name)
    shutil.copyfile(run / "encoder.safetensors", tuned / "model.safetensors")
    to_ctranslate2(tuned, folder)
    to_ctranslate2(tuned, run / "float32", "float32")
    heads = _trained(run)
    save_heads(heads, folder / "heads.npz")
    about = card(heads, version or following(folder), named)
    if (folder / "model.toml").is_file():  # the tests stay read, whatever is measured on them next
        about["test_readings"] = modelfile.read(folder).get("test_readings", 0)
    modelfile.write(folder, about)


def frozen(
    data: Path,
    checkpoints: Path,
    run: Path,
    folder: Path,
    version: str,
    names: Sequence[str],
    named: str = DEFAULT_ENCODER,
    most: int = 0,
) -> None:
    """Fit heads for the named tasks on the base encoder as it is: minutes instead of hours, and weaker.

    The folder and the run then hold what `convert` leaves after fine-tuning. With `most` heads are fitted on
    so many train texts at most, which are drawn by their checksums: the same ones for every base.
    """
    _check(folder, named)
    runs.begin(run, named)
    to_ctranslate2(base_folder(checkpoints, named), folder)
    heads = {}
    for name in names:
        task = TASKS[name]
        examples = load(name, data)
        labels = label_order(examples)
        train = drawn([example for example in examples if example.split == "train"], most)
        states = cut_states(
            folder, [example.text for example in train], min(task.max_tokens, WINDOW), checkpoints / "states"
        )
        heads[name] = fit(task.kind, labels, states, targets(train, labels))
    runs.keep_heads(heads, run)
    save_heads(heads, folder / "heads.npz")
    modelfile.write(folder, card(heads, version or following(folder), named))


def _check(folder: Path, named: str) -> None:
    if named != DEFAULT_ENCODER and folder.resolve() == (SHIPPED / DEFAULT_ENCODER).resolve():
        raise UsageError(f"{folder} is the shipped {DEFAULT_ENCODER}, not {named}; name a folder by --folder")


def card(heads: dict[str, Head], version: str, base: str = DEFAULT_ENCODER) -> dict[str, object]:
    """Describe a model before it is calibrated: temperature 1, thresholds of one half, no figures."""
    tasks: dict[str, dict[str, object]] = {}
    for name, head in heads.items():
        task = TASKS[name]
        tasks[name] = {
            "domain": task.domain,
            "kind": head.kind,
            "labels": list(head.labels),
            "temperature": 1.0,
        }
        if head.kind == "multi":
            tasks[name]["thresholds"] = [0.5] * len(head.labels)
        tasks[name] |= {
            "abstain_below": 0.0,
            "abstain_precision": 0.0,
            "data": task.data,
            "data_licence": task.data_licence,
        }
    return {
        "format": 1,
        "name": base,
        "version": version,
        "kind": "encoder",
        "base": BASES[base].origin,
        "licence": f"{BASES[base].licence} (base); weights trained on public data, see each task",
        "max_tokens": WINDOW,
        "intended_use": INTENDED_USE,
        "known_failures": list(KNOWN_FAILURES),
        "tasks": tasks,
    }


def calibrate(data: Path, checkpoints: Path, run: Path, folder: Path, refit: int, most: int = 0) -> None:
    """Choose each head, its temperature, thresholds and abstention on validation data.

    A head is the trained one, or one refitted on the int8 states of train where that
    has at most `refit` texts. With `most` only so many texts of each split are read: for a first look.
    """
    about = modelfile.read(folder)
    heads = _trained(run)
    stated = {name: licences(data, TASKS[name].archives) for name in heads}
    for name, head in heads.items():
        found = load(name, data)
        examples = [
            example
            for split in ("train", "validation")
            for example in drawn([each for each in found if each.split == split], most)
        ]
        cache = checkpoints / "states"
        chosen, calibration, source, figure = _best_head(name, head, examples, folder, cache, refit)
        heads[name] = chosen
        facts = about["tasks"][name]
        facts |= {"temperature": calibration.temperature}
        facts["data_licence_as_stated"] = stated[name]
        facts.pop("label_chain", None)
        facts.pop("abstain_labels_below", None)  # of the head before
        if calibration.label_chain:
            facts["label_chain"] = calibration.label_chain.to_card()
            trust = calibration.label_chain.evidence_weight
            print(f"  {name}: in the order of its document, a text alone trusted {trust}", flush=True)
        if head.kind == "multi":
            facts["thresholds"] = list(calibration.thresholds)
        facts |= {"abstain_below": calibration.abstain_below, "abstain_precision": calibration.precision}
        facts["margin"] = calibration.margin
        print(
            f"{name}: {source}, validation {figure:.3f}, temperature {calibration.temperature}, "
            f"keeps {calibration.kept:.0%} at precision {calibration.precision:.3f}",
            flush=True,
        )
    save_heads(heads, folder / "heads.npz")
    modelfile.write(folder, about)


def _trained(run: Path) -> dict[str, Head]:
    """Read a run's heads, without those of tasks that are gone since it began."""
    return {name: head for name, head in runs.trained_heads(run).items() if name in TASKS}


def _best_head(
    name: str, trained: Head, examples: list[Example], folder: Path, cache: Path, refit: int
) -> tuple[Head, Calibration, str, float]:
    """Choose on validation between the trained head and refitted ones, each calibrated.

    Returns:
        The head, its calibration, where it comes from and its figure on validation.
    """
    train = [example for example in examples if example.split == "train"]
    validation = [example for example in examples if example.split == "validation"]
    candidates = [("trained head", trained)]
    seen = targets(train, trained.labels)
    if len(train) <= refit:
        states = runtime(folder, [example.text for example in train], cache).states
        for strength in STRENGTHS:
            head = fit(trained.kind, trained.labels, states, seen, strength)
            candidates.append((f"refitted head ({strength:g})", head))
    fitted = lexical_weights.fit(trained.kind, token_ids(folder, [example.text for example in train]), seen)
    texts = runtime(folder, [example.text for example in validation], cache)
    gold = targets(validation, trained.labels)
    results = []
    for source, head in candidates:
        head, worth = lexical_weights.beside(head, fitted, texts, gold)
        head, correction = correct(head, head.logits(texts), gold)
        logits = head.logits(texts)
        calibration = calibrate_head(head.kind, logits, gold, TASKS[name].abstain_precision)
        sure = probabilities(head.kind, logits, calibration.temperature)
        scores = metrics(head.kind, head.labels, gold, decide(head.kind, sure, calibration.thresholds))
        figure = (scores["accuracy" if head.kind == "single" else "micro_f1"] + scores["macro_f1"]) / 2
        print(f"  {name}, {source}, {correction}, terms {worth:+.4f}: {figure:.3f}", flush=True)
        results.append((head, calibration, source, figure))
    head, calibration, source, figure = max(
        results, key=lambda result: result[3] + REFIT_MARGIN * (result[2] == candidates[0][0])
    )
    precision = TASKS[name].abstain_precision
    calibration = in_order(calibration, head, train, validation, texts, gold, precision)
    return head, calibration, source, figure


def evaluate(data: Path, checkpoints: Path, run: Path, folder: Path, page: Path) -> None:
    """Measure every head on its test, put the figures into the card and write the page.

    If the run has float32 weights, the card also gets what int8 loses; if they are gone, it keeps the figure
    of their conversion.
    """
    about = modelfile.read(folder)
    cache = checkpoints / "states"
    digest = reading(folder, about)
    if about.get("measured") != digest:
        about["test_readings"] = about.get("test_readings", 0) + 1
        about["measured"] = digest
    measured = []
    for name in about["tasks"]:
        result = measure(folder, name, data, cache)
        measured.append(result)
        quality = result.quality
        if (run / "float32" / "model.bin").is_file():
            quality |= parity(folder, run / "float32", name, data, cache)
        else:
            before = about["tasks"][name].get("quality", {})
            quality |= {key: before[key] for key in PARITY if key in before}
        about["tasks"][name]["quality"] = quality
        print(name, quality, flush=True)
    about |= {"intended_use": INTENDED_USE, "known_failures": [*KNOWN_FAILURES, *behind(measured)]}
    modelfile.write(folder, about)
    report.publish(measured, about, page)


def behind(measured: Sequence[Measured]) -> list[str]:
    """Say in one line which heads a linear model on words matches or beats; nothing where none is."""
    names = [
        result.task
        for result in measured
        if any(result.scores.get(metric, 1.0) <= floor for metric, floor in TASKS[result.task].floor.items())
    ]
    if not names:
        return []
    return [
        "No better in one figure or more than TF-IDF with a linear model on the same test "
        "(docs/figures/heads.md): "
        f"{', '.join(names)}."
    ]
