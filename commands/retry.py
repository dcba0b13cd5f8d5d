"""The command `docassay retry`."""

from __future__ import annotations

from typing import Annotated

import typer

from docassay.commands.escalation import (
    AllowSend,
    Escalate,
    EscalateBudget,
    EscalateLeast,
    EscalateLimit,
    EscalateModel,
    EscalatePrice,
    Mask,
    larger_models,
    reading_options,
)
from docassay.commands.options import (
    Domain,
    FollowLinks,
    LineageTarget,
    LogFormat,
    Models,
    Ocr,
    Parts,
    PersonalData,
    TextColumn,
    Validate,
    Verbose,
    Workers,
    check_ocr,
    epilog,
    errors,
    lineage_session,
    processes,
    progress,
    show_run,
    stdout,
    use_models,
)
from docassay.pipelines.runners.worker import importing

app = typer.Typer()


@app.command(
    epilog=epilog(
        "docassay retry tables · docassay retry tables --reason parse.timeout --reason parse.crashed",
        "0 done, or nothing to retry · 2 a wrong option, no tables, or another run writes, before any work"
        " · 3 the run failed and changed nothing · 130 interrupted, nothing changed",
    )
)
def retry(
    out: Annotated[
        str,
        typer.Argument(
            metavar="TABLES", help="The folder of the tables, or iceberg://..., or TABLES/rejects."
        ),
    ],
    reason: Annotated[
        list[str] | None,
        typer.Option(help="Only rejects of this stage and reason, as stage.reason; may be repeated."),
    ] = None,
    domain: Domain = "auto",
    workers: Workers = 0,
    follow_links: FollowLinks = False,
    text_column: TextColumn = "text",
    ocr: Ocr = False,
    parts: Parts = "auto",
    personal_data: PersonalData = False,
    models: Models = None,
    escalate: Escalate = None,
    escalate_model: EscalateModel = "",
    escalate_budget: EscalateBudget = 100,
    escalate_limit: EscalateLimit = None,
    escalate_price: EscalatePrice = None,
    escalate_least: EscalateLeast = 0.9,
    allow_send: AllowSend = None,
    mask: Mask = False,
    validate: Validate = "auto",
    lineage: LineageTarget = None,
    log_format: LogFormat = None,
    verbose: Verbose = False,
) -> None:
    """Read the rejected inputs of a folder again; the new rows replace their rejects.

    An attachment is retried with its mail, a line or a part with its file; documents that TABLES already has
    are skipped. Run it where the batch ran: relative paths start from the working folder.
    """
    model_folders = use_models(models)
    with errors(verbose, "interrupted; nothing was changed", log_format):
        translator, larger = larger_models(
            escalate=escalate,
            model=escalate_model,
            budget=escalate_budget,
            limits=escalate_limit,
            price=escalate_price,
            least=escalate_least,
            allow_send=allow_send,
            mask=mask,
        )
        check_ocr(ocr)
        with importing():
            from docassay.models.engine import default_threads
            from docassay.pipelines.batch import Batch, run
            from docassay.pipelines.maintain import plan_retry

        parent, _, last = out.rstrip("/").rpartition("/")
        if parent and last == "rejects":
            out = parent
        plan = plan_retry(out, reason or (), follow_links)
        if plan.absent:
            _say(f"{plan.absent:,} rejects stay: their inputs cannot be read from here")
        if not plan.inputs:
            left = ", ".join(f"{name} {number:,}" for name, number in plan.others.most_common())
            _say(f"nothing to retry{f'; other rejects: {left}' if left else ''}")
            return
        workers, threads = processes(workers, default_threads())
        options = reading_options(
            domain=domain,
            model_folders=model_folders,
            threads=threads,
            ocr=ocr,
            parts=parts,
            personal_data=personal_data,
            translator=translator,
            larger=larger,
            validate=validate,
            text_column=text_column,
        )
        request = Batch(
            inputs=plan.inputs,
            out=out,
            new_only=True,
            workers=workers,
            verbose=verbose,
            options=options,
            settled=plan.uris,
            follow_links=follow_links,
            command="retry",
        )
        with lineage_session(lineage, out, log_format) as following, progress("reading again") as watch:
            finished = run(request, watch, following)
    _say(f"{len(plan.uris):,} rejects read again")
    if finished is not None:
        show_run(finished, out)


def _say(message: str) -> None:
    stdout.print(message, highlight=False, markup=False, soft_wrap=True)
