"""Train a translator into English, or the adapter of the larger model, step by step."""

import argparse
import os
from pathlib import Path

from research.encoder.pace import unix_time
from research.translation import commands

STEPS = {
    "tokenizer": "learn the SentencePiece model of both languages",
    "mine": "align terms of service that stand in both languages by a model, for the next training",
    "train": "train, or go on training, until the tokens or the time are used up",
    "convert": "convert to int8 and write the model folder",
    "evaluate": "translate the tests, write BLEU and chrF into model.toml",
    "adapter": "train what Gemma 3 270M is given when a user adds it, for all languages at once",
    "all": "each of these in turn but for mining",
}


def main() -> None:
    """Parse the command line and run its step."""
    parser = argparse.ArgumentParser(prog="python -m research.translation", description=__doc__)
    steps = parser.add_subparsers(dest="step", required=True)
    for name, text in STEPS.items():
        step = steps.add_parser(name, help=text, description=text)
        step.add_argument("--pair", default="fr-en", help="languages, source first: fr-en or de-en")
        step.add_argument(
            "--data", type=Path, default=Path("../shared/data"), help="folder that holds bitext/"
        )
        step.add_argument(
            "--checkpoints",
            type=Path,
            default=Path("checkpoints/translation"),
            help="where what is not committed is kept",
        )
        step.add_argument("--folder", type=Path, help="the model folder; models/shipped/PAIR without")
        step.add_argument(
            "--start",
            type=Path,
            help="a model folder to begin with, without a checkpoint; another pair's lends its English",
        )
        step.add_argument("--version", default="1", help="version of the converted model")
        step.add_argument("--tokens", type=int, help="training tokens of the whole run, if not as usual")
        step.add_argument("--until", default="", help="HH:MM UTC at which this sitting has ended")
        step.add_argument("--rate", type=float, default=1.0, help="peak of the rates, 1 for the usual ones")
        step.add_argument("--fall", type=float, default=0.25, help="share of the time in which rates fall")
        step.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="threads, at most")
        step.add_argument("--device", default="cpu", help="cpu or cuda")
        step.add_argument("--beam", type=int, default=4, help="beam of the evaluation and of the card")
        step.add_argument("--accept-licence", action="store_true", help="accept the terms of Gemma")
    options = parser.parse_args()
    if options.step in ("tokenizer", "train", "all"):
        commands.tokenizer(options.data, options.checkpoints, options.pair, options.start)
    if options.step in ("train", "all"):
        commands.train(
            options.data,
            options.checkpoints,
            options.pair,
            options.tokens,
            unix_time(options.until),
            options.threads,
            options.device,
            options.start,
            options.rate,
            options.fall,
        )
    folder = options.folder or Path("models/shipped") / options.pair
    if options.step == "mine":
        print(
            commands.mine(options.data, options.checkpoints, options.pair, folder, options.threads), "pairs"
        )
    if options.step in ("convert", "all"):
        commands.convert(
            options.data,
            options.checkpoints,
            options.pair,
            folder,
            options.version,
            options.beam,
            options.start,
        )
    if options.step == "adapter":
        commands.adapter(
            options.data,
            options.checkpoints,
            options.tokens,
            unix_time(options.until),
            options.threads,
            options.device,
            options.accept_licence,
        )
    if options.step in ("evaluate", "all"):
        print(commands.measure(options.data, folder, options.threads))


if __name__ == "__main__":
    main()
