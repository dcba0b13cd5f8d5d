"""The command `docassay search`."""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import Annotated

import typer

from docassay.commands.options import (
    Tables,
    epilog,
    errors,
    print_line,
    print_plain,
    stderr,
    stdout,
)
from docassay.commands.running import progress
from docassay.schemas.errors import UsageError
from docassay.views.labels import counted

app = typer.Typer()


@app.command(
    epilog=epilog(
        "docassay search tables courts \"governing law\" · docassay search tables 'indemnif*' --json"
        " | jq -r .uri",
        "0 searched, even if nothing was found · 2 a wrong option, or a folder without tables"
        " · 3 the index cannot be written anywhere · 130 interrupted",
    )
)
def search(
    out: Tables,
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="WORDS...",
            help="A document must have all of them; words in one argument must be adjacent; word* matches"
            " all words that begin so.",
        ),
    ],
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Number of documents to show.")] = 20,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object for each document, with its matches.")
    ] = False,
) -> None:
    """Search the text, facts and titles of all documents; case and accents make no difference.

    The first search writes an index beside the tables, in TABLES/.search; later ones add what has come since.
    Without the right to write there it is made in a temporary folder each time.
    """
    with errors(), ExitStack() as ending:
        if "://" in out:
            raise UsageError(f"{out}: search reads a local folder; copy the tables to one")
        from docassay.views.search.index import Index
        from docassay.views.search.words import parse

        asked = parse(" ".join(f'"{word}"' if " " in word and '"' not in word else word for word in words))
        if not asked.terms:
            raise UsageError("there is no letter or digit to search for")
        index = Index(out)
        ending.callback(index.close)
        with progress("indexing") as watch:
            index.update(watch)
        if index.total:
            size = f"{index.bytes / 1_000_000:,.1f} MB in {index.folder}"
            print_plain(f"indexed {counted(index.total, 'document')}; the index takes {size}", stderr)
        count, hits = index.hits(asked, limit)
        for hit in hits:
            if as_json:
                row = {
                    "doc_id": hit.doc_id,
                    "uri": hit.uri,
                    "title": hit.name.partition("\n")[0],
                    "places": [list(place) for place in hit.places],
                    "snippet": "".join(piece for piece, _ in hit.pieces),
                }
                print_plain(json.dumps(row, ensure_ascii=False))
                continue
            print_line(f"{hit.uri}: {counted(len(hit.places), 'match')}" if hit.places else hit.uri)
            for piece, is_match in (("  ", False), *hit.pieces, ("\n", False)):
                style = "bold reverse" if is_match else None
                stdout.print(piece, end="", style=style, highlight=False, markup=False, soft_wrap=True)
        if not as_json or not count:
            shown = f", the first {len(hits):,}" if count > len(hits) else ""
            print_plain(f"{counted(count, 'document')}{shown}", stderr)
        if not count:
            for near, number in index.near(asked):
                print_plain(f"{near}: {counted(number, 'document')}", stderr)
