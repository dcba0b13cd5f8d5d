"""Links that a mail security service has written anew: where they led before.

Such a service puts its own address before each link of a mail that comes in, so that it may look at the
target when somebody clicks. What the mail's sender wrote is the target, not the service.
"""

from __future__ import annotations

import base64
import binascii
import re
from urllib.parse import parse_qs, unquote, urlsplit

from docassay.domains.mail.names import KNOWN, host_of

_SERVICES = tuple(KNOWN["rewriters"])
_PARAMETERS = ("url", "u", "a", "domain", "d")
# Proofpoint's third form keeps the target between underscores, Check Point's likewise.
_BETWEEN = re.compile(r"(?i)__(https?:\S{1,300}?)__(?:[;.]|$)")
_IN_PATH = re.compile(r"(?i)/(https?(?:%3a|:).{1,300})")
_HOST = re.compile(r"(?i)(?:[a-z0-9_-]{1,63}\.){1,8}[a-z]{2,24}")
_MOST_TIMES = 3


def is_rewriter(host: str) -> bool:
    """Tell whether a host is that of a service which writes links anew."""
    return any(host == service or host.endswith(f".{service}") for service in _SERVICES)


def unwrapped(target: str) -> str:
    """Give the address that a link led to before a mail security service wrote it anew.

    A link of no such service is given back as it is, and so is one that hides its target.

    >>> unwrapped("https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Facme.example%2Fa&data=05")
    'https://acme.example/a'
    >>> unwrapped("https://urldefense.proofpoint.com/v2/url?u=https-3A__acme.example_a&d=Dw")
    'https://acme.example/a'
    >>> unwrapped("https://urldefense.com/v3/__https://acme.example/a__;!!Kj2!xY$")
    'https://acme.example/a'
    """
    for _ in range(_MOST_TIMES):
        host = host_of(target)
        inner = _inner(host, target) if is_rewriter(host) else None
        if not inner:
            break
        target = inner
    return target


def _inner(host: str, target: str) -> str | None:
    if between := _BETWEEN.search(target):
        return between.group(1)
    try:
        query = parse_qs(urlsplit(target).query)
    except ValueError:
        return None
    for name in _PARAMETERS:
        for value in query.get(name, ())[:1]:
            if host == "urldefense.proofpoint.com" and "/v2/" in target:
                value = unquote(value.replace("-", "%").replace("_", "/"))
            address = _address(value) or _address(_from_base64(value))
            if address:
                return address
    in_path = _IN_PATH.search(target.partition("//")[2])
    return unquote(in_path.group(1)) if in_path else None


def _address(value: str) -> str | None:
    """Give a value as an address of the web, where it is one or a host's name."""
    if value.lower().startswith(("http://", "https://")):
        return value
    return f"https://{value}" if _HOST.fullmatch(value) else None


def _from_base64(value: str) -> str:
    try:
        return base64.b64decode(value + "=" * (-len(value) % 4), validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return ""
