"""The kinds of the contracts of CUAD, by what their files are called."""

from __future__ import annotations

import re

_KINDS = (
    ("employment", r"employment"),
    ("lease", r"\blease"),
    ("amendment", r"amendment"),
    ("licence", r"licen[cs]e|licensing|intellectual property|trademark"),
    (
        "partnership",
        r"joint venture|collaboration|cooperation|strategic alliance|alliance|partnership|co-?branding",
    ),
    (
        "distribution",
        r"distribut|reseller|agency|franchise|affiliate|marketing|promotion|sponsorship|endorsement",
    ),
    ("purchase", r"supply|manufacturing|purchase|sales"),
    ("services", r"service|consult|maintenance|hosting|outsourcing|development|transportation|management"),
    ("nda", r"non-?disclosure|confidential|non-?compet|non-?solicit"),
)
_LEFT_OUT = re.compile(r"(?i)joint filing")


def kind_of_contract(name: str) -> str:
    """Name the kind that a file's name tells, or "" where it tells none.

    >>> kind_of_contract("Acme_2014_EX-10.1_Distributor Agreement.pdf")
    'distribution'
    >>> kind_of_contract("Acme_2020-EX-99.1-JOINT FILING AGREEMENT.pdf")
    'contract'
    """
    title = re.split(r"EX-?[\d.]+[A-Z()\d]*|_", name)[-1].lower()
    if _LEFT_OUT.search(title):
        return "contract"
    return next((kind for kind, words in _KINDS if re.search(words, title)), "")
