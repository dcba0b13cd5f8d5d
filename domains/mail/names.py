"""Names of domains: who owns one, which imitate another, and which hide letters of another alphabet."""

from __future__ import annotations

import tomllib
import unicodedata
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import idna

if TYPE_CHECKING:
    from tldextract import TLDExtract

KNOWN = tomllib.loads((Path(__file__).parent / "known.toml").read_text(encoding="utf-8"))
"""Names that the rules of mail compare with: brands and their domains, mailboxes, hosts of links."""

# Characters that look like a Latin letter (Unicode Technical Standard 39, confusables), the ones that
# domain names are forged with.
_LOOKALIKES = str.maketrans(
    "асеорхуіјѕԁԛԝһӏηανοικτρωγ01357",
    "aceopxyijsdqwhlnavoiktpwyolest",
)


def host_of(address: str) -> str:
    """Give the host of a web address, in lower case, without a user name and port.

    >>> host_of("HTTPS://paypal.com@evil.example:8080/x"), host_of("//a.example?b")
    ('evil.example', 'a.example')
    """
    rest = address.partition("//")[2] or address
    for end in "/?#\\":
        rest = rest.partition(end)[0]
    return rest.rpartition("@")[2].partition(":")[0].strip(".").lower()


@lru_cache(maxsize=4096)
def owner(domain: str) -> str:
    """Give the organisational domain of a host name, in lower case.

    >>> owner("mail.pay.acme.co.uk"), owner("billing.acme.example")
    ('acme.co.uk', 'acme.example')
    """
    name = domain.lower().strip(".")
    registered = _extract()(name).top_domain_under_public_suffix
    return registered or ".".join(name.split(".")[-2:])


@cache
def _extract() -> TLDExtract:
    # Imported late, since it costs 0.15 s and most documents have no address. Without suffix_list_urls
    # it reads the list that it was shipped with and asks no server.
    from tldextract import TLDExtract

    return TLDExtract(suffix_list_urls=(), cache_dir=None)


@cache
def is_domain(name: str) -> bool:
    """Tell a domain under a known suffix from a file name such as ``report.txt``."""
    return bool(_extract()(name).suffix) or name.endswith((".example", ".test", ".invalid"))


def label_of(domain: str) -> str:
    """Give the first label of a domain, decoded from Punycode."""
    return decoded(domain).split(".")[0]


def decoded(domain: str) -> str:
    """Decode a domain from Punycode, where that can be done."""
    if "xn--" not in domain:
        return domain
    try:
        return str(idna.decode(domain))
    except idna.IDNAError:
        return domain


def skeleton(label: str) -> str:
    r"""Write a label as it looks to a hasty reader.

    >>> skeleton("rnicr0soft"), skeleton("\u0440\u0430yp\u00e1l")
    ('microsoft', 'paypal')
    """
    plain = "".join(c for c in unicodedata.normalize("NFKD", label.lower()) if not unicodedata.combining(c))
    return plain.translate(_LOOKALIKES).replace("rn", "m").replace("vv", "w").replace("-", "")


def script(char: str) -> str:
    """Name the script of a letter, as Unicode's names begin."""
    return unicodedata.name(char, "UNKNOWN").split()[0]
