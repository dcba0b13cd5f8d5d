"""Make a folder of official rules of what their publishers give: XSLT files, or archives that hold some."""

from __future__ import annotations

import hashlib
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from lzma import LZMAError
from pathlib import Path

from docassay.schemas.errors import RunError, UsageError
from docassay.transforms.einvoice.rule_sets import MANIFEST, MOST_BYTES, RuleSet, manifest, read_rules

EN16931 = "urn:cen.eu:en16931:2017"
_PEPPOL = "#compliant#urn:fdc:peppol.eu:2017:poacc:"
_FACTUR_X = {
    "MINIMUM": "urn:factur-x.eu:1p0:minimum",
    "BASIC-WL": "urn:factur-x.eu:1p0:basicwl",
    "EXTENDED": f"{EN16931}#conformant#urn:factur-x.eu:1p0:extended",
}
"""Profiles of Factur-X, which ZUGFeRD has too, that EN 16931's own rules are not asked of."""

_FILE = re.compile(
    r"(?:^|/)(?:(EN16931|XRechnung)-(CII|UBL)-validation|(PEPPOL)-EN16931-(CII|UBL)"
    r"|(?:FACTUR-X|Factur-X)_(?:\d[\d.]{1,10}_)?(MINIMUM|BASIC-?WL|EXTENDED))\.xslt?$"
)
_VERSION = re.compile(r"(?<![\d.])\d{1,4}(?:\.\d{1,3}){1,3}[a-z]?(?!\d)")
_READ_CODES = re.compile(rb"document\('[^'\"]{1,100}_codedb\.xml'\)")
_DECLARATION = re.compile(rb"\s*(?:\xef\xbb\xbf)?(?:<\?xml[^>]*\?>)?")
_OF_XRECHNUNG = re.compile(r"name=\"(XR|CVD)-MAJOR-MINOR-VERSION\"[^>]{0,80}select=\"'(\d{1,2}\.\d{1,2})'\"")


_EXTENSION_REPLACES = ("BR-CL-10", "BR-CL-11", "BR-CL-21", "BR-CL-25", "BR-CL-26", "BR-CO-16")
_CVD_REPLACES = ("BR-CL-13",)
"""Rules of EN 16931 that allow less than XRechnung's own for its extension, and for vehicles, do."""

_Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Found:
    """Compiled rules: their file, and which they are."""

    file: str
    publisher: str
    syntax: str
    version: str
    content: bytes


def collect(folder: Path, files: Sequence[Path]) -> list[RuleSet]:
    """Write the newest rules among some files to a folder, with their manifest.

    Args:
        folder: Where to; made where it is missing.
        files: XSLT files under the names that their publishers give them, or ZIP or JAR archives.

    Returns:
        The sets, in the order in which they are asked.

    Raises:
        UsageError: A file cannot be read, none has rules, or the folder has rules already.
        RunError: The folder cannot be written.
    """
    if (folder / MANIFEST).exists():
        raise UsageError(f"{folder / MANIFEST} already exists; name another folder")
    newest: dict[_Key, _Found] = {}
    for found in (one for file in files for one in _found(file)):
        key = found.publisher, found.syntax
        if key not in newest or _order(newest[key].version) < _order(found.version):
            newest[key] = found
    if not newest:
        raise UsageError(
            "there are no compiled rules in the files, such as EN16931-CII-validation.xslt,"
            " XRechnung-UBL-validation.xsl, PEPPOL-EN16931-UBL.xslt or FACTUR-X_MINIMUM.xslt"
        )
    chosen = [newest[key] for key in sorted(newest)]
    for one in chosen:
        if not list(_sets([one])):
            raise UsageError(f"{one.file} does not say of which XRechnung it has the rules; take a newer one")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for one in chosen:
            (folder / one.file).write_bytes(one.content)
        (folder / MANIFEST).write_text(manifest(list(_sets(chosen))), encoding="utf-8")
    except OSError as error:
        raise RunError(f"{folder} could not be written: {error.strerror or error}") from None
    return list(read_rules(str(folder)).sets)


def _found(file: Path) -> Iterator[_Found]:
    """List the compiled rules in a file."""
    try:
        if not zipfile.is_zipfile(file):
            with file.open("rb") as stream:
                lists = file.with_name(_codes_of(file.name))
                codes = lists.read_bytes() if lists.is_file() else b""
                yield from _compiled(file.name, str(file.parent), stream.read(MOST_BYTES + 1), codes)
            return
        with zipfile.ZipFile(file) as archive:
            members = {member.filename: member for member in archive.infolist()}
            for path in members:
                if _FILE.search(path):
                    content, codes = (_member(archive, members.get(one)) for one in (path, _codes_of(path)))
                    folder, _, name = path.rpartition("/")
                    yield from _compiled(name, f"{file.name}/{folder}", content, codes)
    except (OSError, EOFError, zipfile.BadZipFile, zlib.error, LZMAError, RuntimeError) as error:
        raise UsageError(f"{file} cannot be read: {error}") from None


def _codes_of(path: str) -> str:
    """Name the file of code lists that rules of Factur-X read, beside their own."""
    return f"{path.rpartition('.')[0]}_codedb.xml"


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo | None) -> bytes:
    if member is None:
        return b""
    with archive.open(member) as opened:
        return opened.read(MOST_BYTES + 1)


def _with_codes(content: bytes, codes: bytes) -> bytes:
    """Write code lists into the rules that read them, which may read no other file when they are run."""
    lists = _DECLARATION.sub(b"", codes, count=1).strip()
    if not lists.startswith(b"<codedb"):
        return content
    start, end, rest = content.rpartition(b"</xsl:stylesheet>")
    lists = lists.replace(b"<codedb", b'<codedb xmlns=""', 1)
    variable = b'<xsl:variable name="code-lists">' + lists + b"</xsl:variable>"
    return _READ_CODES.sub(b"$code-lists", start) + variable + end + rest


def _compiled(name: str, where: str, content: bytes, codes: bytes) -> Iterator[_Found]:
    match = _FILE.search(name)
    content = _with_codes(content, codes) if codes else content
    if match is not None and len(content) <= MOST_BYTES and not _READ_CODES.search(content):
        versions = _VERSION.findall(where) or _VERSION.findall(name)
        of_profile = match[5].replace("BASICWL", "BASIC-WL") if match[5] else ""
        publisher, syntax = of_profile or match[1] or match[3], match[2] or match[4] or "CII"
        yield _Found(name, publisher, syntax, versions[-1] if versions else "0", content)


def _sets(chosen: Sequence[_Found]) -> Iterator[RuleSet]:
    """Give the sets of a manifest: XRechnung's rules hold its own, those of its extension, and CVD's."""
    for one in chosen:
        if one.publisher == "XRechnung":
            for name, title, profile, replaces in _of_xrechnung(one.content):
                yield _set(one, name, title, (profile,), replaces)
        elif one.publisher == "PEPPOL":
            billing = (f"{EN16931}{_PEPPOL}billing:3.0", f"{EN16931}{_PEPPOL}selfbilling:3.0")
            yield _set(one, "peppol", "Peppol BIS Billing", billing, ())
        elif one.publisher in _FACTUR_X:
            name = f"factur_x_{one.publisher.lower().replace('-', '_')}"
            yield _set(one, name, f"Factur-X {one.publisher}", (_FACTUR_X[one.publisher],), ())
        else:
            of_german = [row for row in chosen if (row.publisher, row.syntax) == ("XRechnung", one.syntax)]
            known = [
                (name, profile) for row in of_german for name, _, profile, _ in _of_xrechnung(row.content)
            ]
            extensions = (profile for name, profile in known if name == "xrechnung_extension")
            yield _set(one, "en16931", "EN 16931", (EN16931, *extensions), ())


def _set(one: _Found, name: str, title: str, profiles: tuple[str, ...], replaces: tuple[str, ...]) -> RuleSet:
    sha256 = hashlib.sha256(one.content).hexdigest()
    version = one.version if one.version != "0" else sha256[:8]
    return RuleSet(name, title, version, one.syntax, one.file, sha256, profiles, replaces)


def _of_xrechnung(content: bytes) -> Iterator[tuple[str, str, str, tuple[str, ...]]]:
    """List what XRechnung's rules are made for: name, title, profile, and the rules that they replace."""
    versions = dict(_OF_XRECHNUNG.findall(content.decode("utf-8", "replace")))
    if "XR" not in versions:
        return
    number = versions["XR"]
    own = f"{EN16931}#compliant#urn:xeinkauf.de:kosit:xrechnung_{number}"
    yield "xrechnung", "XRechnung", own, ()
    extension = f"{own}#conformant#urn:xeinkauf.de:kosit:extension:xrechnung_{number}"
    yield "xrechnung_extension", "XRechnung Extension", extension, _EXTENSION_REPLACES
    if "CVD" in versions:
        vehicles = f"{own}#compliant#urn:xeinkauf.de:kosit:xrechnung:cvd_{versions['CVD']}"
        yield "xrechnung_cvd", "XRechnung CVD", vehicles, _CVD_REPLACES


def _order(version: str) -> tuple[tuple[int, str], ...]:
    """Order versions: 1.3.9 is before 1.3.14.2, and that before 1.3.15."""
    return tuple((int(number), letter) for number, letter in re.findall(r"(\d+)([a-z]?)", version))
