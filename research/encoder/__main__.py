"""Train, calibrate and measure the shipped encoder and its heads, step by step."""

import argparse
from pathlib import Path

from docassay.models.catalog import DEFAULT_ENCODER, SHIPPED
from research.corpora import TASKS
from research.encoder import commands, refit, runs
from research.encoder.bases import BASES
from research.encoder.pace import unix_time

STEPS = {
    "corpora": "count the texts of every task",
    "floors": "measure what TF-IDF with a linear SVM reaches on every test",
    "finetune": "fine-tune the encoder with a head a task; goes on from --run",
    "refit": "fit the heads of --tasks anew on the shipped encoder's states; all else in the folder stays",
    "frozen": "fit heads on the base encoder as it is: minutes, no fine-tuning",
    "checkpoint": "write the weights of the run's last checkpoint into RUN/checkpoint, which is a run itself",
    "blend": "average a run's weights with those of --start, into RUN/blend, which is a run itself",
    "convert": "convert the encoder to int8, write heads.npz and an uncalibrated model.toml",
    "calibrate": "choose heads, temperatures, thresholds and abstention on validation data",
    "evaluate": "measure on the tests, write the figures into model.toml and docs/figures/heads.md",
    "all": "finetune, blend where --start is named, convert, calibrate and evaluate",
}


def main() -> None:
    """Parse the command line and run its step."""
    parser = argparse.ArgumentParser(prog="python -m research.encoder", description=__doc__)
    steps = parser.add_subparsers(dest="step", required=True)
    for name, text in STEPS.items():
        step = steps.add_parser(name, help=text, description=text)
        step.add_argument(
            "--data",
            type=Path,
            default=Path("../shared/data"),
            help="folder that holds labelled/ and documents/",
        )
        step.add_argument(
            "--checkpoints",
            type=Path,
            default=Path("checkpoints"),
            help="where what is not committed is kept",
        )
        step.add_argument(
            "--run", type=Path, default=Path("checkpoints/joint"), help="folder of one fine-tuning run"
        )
        step.add_argument("--folder", type=Path, default=SHIPPED / DEFAULT_ENCODER, help="the model folder")
        step.add_argument(
            "--page", type=Path, default=Path("docs/figures/heads.md"), help="the page of figures"
        )
        step.add_argument(
            "--tasks", default="", help="for frozen and refit: names with commas between; all without"
        )
        step.add_argument("--version", default="", help="of the converted model; the next one without")
        step.add_argument("--tokens", type=int, default=5_000_000, help="training tokens of the whole run")
        step.add_argument(
            "--refit", type=int, default=20_000, help="most train texts of a head that is refitted"
        )
        step.add_argument(
            "--start", type=Path, help="a model folder whose weights fine-tuning begins with; else the base"
        )
        step.add_argument(
            "--base", choices=list(BASES), default=DEFAULT_ENCODER, help="the encoder that a run begins with"
        )
        step.add_argument("--share", type=float, default=0.4, help="of --start in the average of blend")
        step.add_argument(
            "--most", type=int, default=0, help="for frozen and calibrate: most texts of a split; all without"
        )
        step.add_argument("--device", default="cpu", help="cpu or cuda, for fine-tuning")
        step.add_argument(
            "--readings",
            type=int,
            choices=(1, 2),
            default=2,
            help="how often fine-tuning reads a batch: twice for R-drop, once in half the time",
        )
        step.add_argument(
            "--until", default="", help="HH:MM UTC at which fine-tuning has ended at the latest"
        )
    run(parser.parse_args())


def run(options: argparse.Namespace) -> None:
    """Run one step, or all of them in order."""
    step, tuned = options.step, options.run
    if step == "corpora":
        print(commands.corpora(options.data))
    if step == "floors":
        print(commands.floors(options.data))
    if step in ("finetune", "all"):
        commands.finetune(
            options.data,
            options.checkpoints,
            options.run,
            options.tokens,
            unix_time(options.until),
            options.start,
            options.device,
            options.base,
            options.readings,
        )
    if step == "frozen":
        names = options.tasks.split(",") if options.tasks else list(TASKS)
        commands.frozen(
            options.data,
            options.checkpoints,
            options.run,
            options.folder,
            options.version,
            names,
            options.base,
            options.most,
        )
    if step == "refit":
        names = options.tasks.split(",") if options.tasks else []
        refit.refit(options.data, options.checkpoints, options.folder, names)
    if step == "checkpoint":
        print(runs.checkpoint(options.run))
    if step == "blend" or (step == "all" and options.start):
        tuned = runs.blend(options.run, options.start, options.share)
        print(tuned)
    if step in ("convert", "all"):
        commands.convert(options.checkpoints, tuned, options.folder, options.version)
    if step in ("calibrate", "all"):
        commands.calibrate(
            options.data, options.checkpoints, tuned, options.folder, options.refit, options.most
        )
    if step in ("evaluate", "all"):
        commands.evaluate(options.data, options.checkpoints, tuned, options.folder, options.page)


if __name__ == "__main__":
    main()
