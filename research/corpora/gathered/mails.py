"""Fill the placeholders of templates of mail and forms, so that no brace gives a text away."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

from research.corpora.gathered.tables import tables
from research.corpora.gathered.text import FRONT, TITLE, markup, tidy
from research.corpora.gathered.values import Values

MAIL, MESSAGE = 110, 25
"""Fewest characters of a mail's body and of a message."""
GREETING = re.compile(
    r"(?i)(hi|hello|hey|dear|hallo|guten|liebe|sehr|bonjour|salut|cher|hola|estimad|querid|ciao|buongiorno"
    r"|gentile|caro|olá|prezad|beste|geachte|dag)\b"
)
PLACEHOLDER = re.compile(
    r"\{\{\{?[~#/^&>]?\s*([^{}]*?)\s*\}?\}\}"
    r"|<%[=-]?\s*(.*?)\s*-?%>"
    r"|[%$#]\{\s*([^{}]*?)\s*\}"
    r"|%\(([\w.]+)\)[sd]"
    r"|\*\|([A-Z:_]+)\|\*"
    r"|\[\[?\s*([A-Z][A-Za-z0-9 _/'-]{2,40})\s*\]?\](?!\()"
    r"|\{\s*\$?([A-Za-z_][\w.\-|: \[\]'\">()$]{0,60}|\d)\s*\}"
    r"|\(\(([\w ?]+)\)\)"
    r"|%([A-Z_]{3,30}|[a-z]{3,}_[a-z_]+)%"
    r"|(?<![\w%])(%(?:\d\$)?[sd])(?!\w)"
    r"|__([a-zA-Z]+)__|(?<=\s):([a-z_]{3,20})\b"
    r"|(_{4,})",
    re.DOTALL,
)
CONTROL = re.compile(
    r"(?is)\{%-?\s*(?:comment|schema)\b.*?end(?:comment|schema)\s*-?%\}|\{%.*?%\}|\{#.*?#\}"
    r"|\{\{[#/^]\s*(?:if|unless|each|with|else)?.*?\}\}|\{\{\s*else\s*\}\}|\{\{[>!].*?\}\}"
    r"|<%-?\s*(?:if|unless|else|elsif|end|for|each|content_for|provide|set|@\w+\s*=|[\w.@]+\.each|#).*?%>"
    r"|\{\{-?\s*(?:if|else|end|range|with|template|define|block)\b.*?\}\}"
    r"|^[ \t]*@(?:if|else|endif|foreach|endforeach|component|endcomponent|lang|section|endsection"
    r"|extends|include)\b.*?$"
)
"""Tags of template languages that show nothing of their own."""
CALLS = (
    (re.compile(r'\{\{\s*template\s+"[\w.]*name"\s*\}\}'), "{{brand_name}}"),
    (re.compile(r'\{\{\s*format-text\s+"[^"]*"[^}]*\}\}'), "{{amount}}"),
    (re.compile(r'\{\{\s*t\s+"[^"]*"\s+"([^"]*)"[^}]*\}\}'), r"\1"),
)
HTML = re.compile(r"(?i)<(?:html|p|br|td|div|a|strong|b|mj-\w+|table|body)\b")
GETTEXT = re.compile(r'_\(\s*((?:"[^"]*"\s*)+)')
DUMMY = re.compile(r"(?i)lorem ipsum|perspiciatis")
SENDERS = ("no-reply", "noreply", "info", "support", "service", "hello", "notifications", "team")


def filled(text: str, values: Values) -> str:
    """Replace placeholders; drop control tags.

    >>> filled("Your code is {{ code }}.{% if x %}", Values("a", "en"))[:13]
    'Your code is '
    """
    for pattern, by in CALLS:
        text = pattern.sub(by, text)

    def value(found: re.Match[str]) -> str:
        name = next((group for group in found.groups() if group is not None), "")
        quoted = re.fullmatch(r"(?:t|_|trans|gettext)?\s*\(?\s*[\"']([^\"']{4,})[\"'].*", name, re.DOTALL)
        if quoted and " " in quoted[1]:
            return quoted[1]
        if re.match(r"(?i)(end)?(if|else|each|unless|for|with)\b", name):
            return ""
        return values.of(re.sub(r"\|.*", "", name).strip(" '\"?~"))

    return PLACEHOLDER.sub(value, CONTROL.sub("", text))


def heads(subject: str, body: str, values: Values) -> str:
    """Write the heads of an honest mail, from the sender's own domain; else the first line is the subject."""
    sender = values.dice.choice(SENDERS)
    lines = [line.strip(" #*-") for line in body.split("\n")]
    telling = [
        line for line in lines if len(line.split()) > 2 and not GREETING.match(line) and "http" not in line
    ]
    subject = subject.strip() or re.split(r"(?<=[\w)])[.!?:] ", telling[0] if telling else values.brand)[0]
    if len(subject) > 90:
        subject = subject[: subject.rfind(" ", 0, 80)]
    return f"From: {values.brand} <{sender}@{values.host}>\nTo: {values.email}\nSubject: {subject}\n\n"


def written(subject: str, body: str, values: Values) -> str:
    """Fill a subject and a body (HTML, MJML or text) and put heads before them; else nothing."""
    body = re.sub(
        r"(?is)<(mj-style|mj-head|mj-attributes|style|title)\b.*?</\1\s*>", " ", filled(body, values)
    )
    if HTML.search(body):
        body = markup(re.sub(r"\n\s*\n", "<br><br>", body))
    body = tidy(html.unescape(body))
    subject = html.unescape(" ".join(filled(re.sub(r"<[^>]+>", "", subject), values).split()))
    return heads(subject, body, values) + body if len(body) >= MAIL else ""


def fill(name: str, text: str, language: str, option: str) -> Iterator[tuple[str, str]]:
    """Yield mails of one template; `option` is `N` or `N@Sender`, N draws."""
    count, _, brand = option.partition("@")
    subject = ""
    if front := FRONT.match(text):
        named = TITLE.search(front[0])
        subject, text = named[1] if named else "", text[front.end() :]
    if "[---]" in text:  # parts of a template, whose text stands in calls of gettext
        said = ["".join(re.findall(r'"([^"]*)"', one)) for one in GETTEXT.findall(text)]
        subject, text = (said or [""])[0], "\n\n".join(said[1:])
    if first := re.match(r"(?i)\s*subject\s*:?\s*(.+)\n", text):
        subject, text = first[1], text[first.end() :]
    if not subject and (titled := re.search(r"(?is)<(?:title|mj-title)[^>]*>(.*?)</", text)):
        subject = titled[1].strip()
    if PLACEHOLDER.fullmatch(subject.strip()):
        subject = ""
    for number in range(0 if DUMMY.search(text) else int(count)):
        yield str(number), written(subject, text, Values(f"{name} {number}", language, brand))


@dataclass(frozen=True, slots=True)
class Strings:
    """Which groups of strings are mails: draws of each, sender, pattern of keys (`.po`: of places)."""

    count: int
    brand: str
    pattern: str
    headed: bool

    @classmethod
    def read(cls, option: str, headed: bool) -> Strings:
        """Read `N,pattern` or `N@Sender,pattern`."""
        count, _, pattern = option.partition(",")
        number, _, brand = count.partition("@")
        return cls(int(number), brand, pattern, headed)


def mails_of_strings(name: str, text: str, language: str, how: Strings) -> Iterator[tuple[str, str]]:
    """Yield mails, or messages without heads, of a file of translated strings."""
    for where, strings in tables(name, text):
        texts = [one for key, one in strings if re.search(how.pattern, f"{where}.{key}")]
        subjects = [
            one for key, one in strings if re.search(r"(?i)subject|titre|betreff", key) and len(one) < 200
        ]
        subject = (subjects or [""])[0]
        body = "\n\n".join(one.strip() for one in texts if one != subject)
        for number in range(how.count if len(body) >= MESSAGE else 0):
            values = Values(f"{name} {where} {number}", language, how.brand)
            if how.headed:
                yield f"{where}#{number}", written(subject, body, values)
            else:
                yield f"{where}#{number}", " ".join(filled(re.sub(r"<[^>]+>", "", body), values).split())
