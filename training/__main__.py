"""Command line of the training package: `python -m training --help`."""

import argparse
import time
from datetime import UTC, datetime
from pathlib import Path


def _finetune(options: argparse.Namespace) -> None:
    from transformers import BertModel

    from training import finetune
    from training.convert import base_folder
    from training.corpora import TASKS, load
    from training.heads import label_order

    base = base_folder(options.checkpoints)
    examples = {name: load(name, options.data) for name in TASKS}
    heads = [finetune.head_spec(name, TASKS[name].kind, label_order(examples[name]), examples[name]) for name in TASKS]
    rows = finetune.make_rows(examples, heads, base, {name: task.max_tokens for name, task in TASKS.items()})
    recipe = finetune.Recipe(tokens=options.tokens, until=until(options.until), bf16=not options.fp32, batch_tokens=options.batch_tokens)
    model = finetune.JointModel(BertModel.from_pretrained(base), heads, recipe.dropout)
    passes = {name: task.passes for name, task in TASKS.items()}
    print(f"{len(rows)} rows, {sum(len(row.ids) for row in rows)} tokens a pass; {recipe}", flush=True)
    finetune.train(model, heads, rows, passes, recipe, options.run)


def until(clock: str) -> float:
    """Turn HH:MM (UTC, today) into a Unix time; an empty text means no limit."""
    if not clock:
        return float("inf")
    hour, minute = clock.split(":")
    return datetime.fromtimestamp(time.time(), UTC).replace(hour=int(hour), minute=int(minute), second=0).timestamp()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    finetune = commands.add_parser("finetune", help="fine-tune the encoder with a head a task; resumes from --run")
    finetune.add_argument("--tokens", type=int, default=5_000_000)
    finetune.add_argument("--batch-tokens", type=int, default=2048)
    finetune.add_argument("--until", default="", help="HH:MM UTC at which the schedule has ended at the latest")
    finetune.add_argument("--fp32", action="store_true", help="no bf16 autocast")
    for command in (finetune,):
        command.add_argument("--data", type=Path, default=Path("../shared/data"))
        command.add_argument("--checkpoints", type=Path, default=Path("checkpoints"))
        command.add_argument("--run", type=Path, default=Path("checkpoints/joint"))
    _finetune(parser.parse_args())


if __name__ == "__main__":
    main()
