"""Names of domains: who owns one, which imitate another, and which hide letters of another alphabet."""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path

import idna

KNOWN = tomllib.loads((Path(__file__).parent / "known.toml").read_text(encoding="utf-8"))
"""Names that the rules of mail compare with: brands and their domains, mailboxes, hosts of links."""

# Characters that look like a Latin letter (Unicode Technical Standard 39, confusables), the ones that
# domain names are forged with.
_LOOKALIKES = str.maketrans(
    "асеорхуіјѕԁԛԝһӏηανοικτρωγ01357",
    "aceopxyijsdqwhlnavoiktpwyolest",
)

_MOST_OF_SUFFIX = 8
"""More labels than any public suffix has."""

_FULL_STOPS = str.maketrans("\u3002\uff0e\uff61", "...")


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
    labels = _labels(name)
    first = _suffix(labels)
    if 0 < first < len(labels) and labels[first - 1]:
        return ".".join(labels[first - 1 :])
    return ".".join(name.split(".")[-2:])


def _labels(name: str) -> list[str]:
    """Split a host into its labels; the full stops of East Asian scripts count, too."""
    return host_of(name).translate(_FULL_STOPS).rstrip(".").split(".")


def _suffix(labels: Sequence[str]) -> int:
    """Give the index of the label at which the public suffix of a host begins; the end where it has none."""
    read = [decoded(label) for label in labels]
    rules = _suffix_rules()
    for first in range(max(0, len(read) - _MOST_OF_SUFFIX), len(read)):
        suffix = ".".join(read[first:])
        if f"!{suffix}" in rules:
            return first + 1
        if suffix in rules or f"*.{'.'.join(read[first + 1 :])}" in rules:
            return first
    return len(read)


@cache
def _suffix_rules() -> frozenset[str]:
    """Read the Public Suffix List (publicsuffix.org) that tldextract brings, without its private domains.

    tldextract itself is not imported: it imports requests and builds a tree of the list, for 0.1 s.
    """
    found = find_spec("tldextract")
    assert found and found.submodule_search_locations
    path = Path(found.submodule_search_locations[0], ".tld_set_snapshot")
    public = path.read_text(encoding="utf-8").partition("// ===BEGIN PRIVATE DOMAINS===")[0]
    return frozenset(line for line in public.splitlines() if line and not line.startswith("//"))


@cache
def is_domain(name: str) -> bool:
    """Tell a domain under a known suffix from a file name such as ``report.txt``."""
    labels = _labels(name)
    return _suffix(labels) < len(labels) or name.endswith((".example", ".test", ".invalid"))


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
