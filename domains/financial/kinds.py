"""Tell kinds of documents that wording alone does not give away."""

from __future__ import annotations

from collections.abc import Iterable

from docassay.domains import RuleInput, Span
from docassay.domains.mail.message import header_block, message
from docassay.domains.mail.names import label_of
from docassay.domains.mail.traits import points
from docassay.domains.patterns import compiled

_LONGEST_MESSAGE = 640
"""Four concatenated text messages of 160 characters (3GPP TS 23.040)."""

_SENT = compiled(r"(?im)^(?:Date|Sent):[^\n]{0,60}?\b((?:19|20)\d\d)\b")
_CAN_SPAM = 2004

_ADDRESS = compiled(
    r"\bP\.?[Oo]\.? ?[Bb][Oo][Xx] \d+[^\n]{0,60}|\b[A-Z]{2},? \d{5}(?:-\d{4})?\b"
    r"|\b\d{1,5}[A-Z]? (?:[A-Z][\w.]+ ){1,4}(?i:street|st\.?|avenue|ave\.?|road|rd\.?|boulevard|blvd\.?"
    r"|drive|dr\.?"
    r"|lane|ln\.?|way|court|square|suite|parkway|pkwy|broadway)\b[^\n]{0,60}"
    r"|\b[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}\b"
    r"|(?i)\b[\w-]+(?:straße|strasse|str\.|weg|platz|gasse) \d{1,4}[a-z]?\b"
    r"|\b\d{1,4},? (?:rue|avenue|boulevard|place) [^\n]{3,40}"
)
_NAMED_WITHIN = 250
"""Most characters between a postal address and the name of whose it is."""
_HIDES = 2
"""Points of traits from which on nobody can say whose address a mail gives."""
_NAME = compiled(r"\pL{4,}")
_NO_NAME = frozenset(
    ("news", "newsletter", "email", "mail", "info", "team", "support", "service", "customer")
)


def mail_opening(view: RuleInput) -> Iterable[Span]:
    """Find the headers that a mail's text starts with."""
    end = header_block(view.text)
    if end:
        yield (0, len(view.text[:end].rstrip()))


def commercial_mail_asked(view: RuleInput) -> Iterable[Span]:
    """Find something unless the mail is known to be of before 2004, when the CAN-SPAM Act came into force."""
    end = header_block(view.text)
    sent = _SENT.search(view.text[:end])
    if sent is None:
        yield (0, len(view.text))
    elif int(sent.group(1)) >= _CAN_SPAM:
        yield sent.span()


def senders_postal_address(view: RuleInput) -> Iterable[Span]:
    """Find a postal address beside the name of the sender, unless there is cause to doubt who that is."""
    text = view.text
    if points(text) >= _HIDES:
        return
    names = {label_of(sender.owner).lower() for sender in message(text).senders}
    names |= {word.lower() for sender in message(text).senders for word in _NAME.findall(sender.name)}
    names = {name for name in names - _NO_NAME if len(name) > 3}
    for start, end in postal_address(view):
        around = text[max(message(text).body_start, start - _NAMED_WITHIN) : end + _NAMED_WITHIN].lower()
        if any(name in around.replace(" ", "") or name in around for name in names):
            yield start, end


def postal_address(view: RuleInput) -> Iterable[Span]:
    """Find a postal address in the body of a mail."""
    start = message(view.text).body_start
    return (match.span() for match in _ADDRESS.finditer(view.text) if match.start() >= start)


def short_message(view: RuleInput) -> Iterable[Span]:
    r"""Find a text that is as short as a text message and is one paragraph: the whole of it, or nothing.

    >>> list(short_message(RuleInput("Your parcel is held, pay 1.99 here: http://parcel.example")))
    [(0, 57)]
    >>> list(short_message(RuleInput("Deposit\n\nBalance\n\nTotal")))
    []
    """
    body = view.text.strip()
    if body.startswith(("#", "|", "Subject:")):
        return
    if 0 < len(body) <= _LONGEST_MESSAGE and body.count("\n\n") <= 1 and body.count("\n") <= 6:
        yield (0, len(view.text))


_COMPLAINED = [
    compiled(r"\bX{2,4}(?:/X{2,4})+|\bXXXX\b"),
    compiled(
        r"(?i)\b(?:I|we) (?:have |had )?(?:disputed|complained|never authorized|did not authorize|"
        r"filed a (?:complaint|dispute|police report))\b"
    ),
    compiled(
        r"(?i)\b(?:credit (?:report|bureau|card|union)|debt collector|identity theft|fraudulent|"
        r"unauthorized)\b"
    ),
    compiled(r"(?i)\b(?:Equifax|Experian|TransUnion|CFPB)\b"),
    compiled(
        r"(?i)\b(?:customer service|representative|supervisor|they|the bank|this company)\b.{0,60}"
        r"\b(?:told me|said|refused|hung up|informed me|denied|will not|won.t)\b"
    ),
    compiled(r"(?i)\bmy (?:account|loan|mortgage|payments?|credit (?:report|score|card)|debt|money)\b"),
]
_LONGEST_COMPLAINT = 15_000


def complaint_narrative(view: RuleInput) -> Iterable[Span]:
    """Find what a customer tells a regulator about a bank, by two signs in a text of a few pages.

    A filing of a hundred pages has all of the signs somewhere.
    """
    if len(view.text) > _LONGEST_COMPLAINT:
        return
    signs = [match.span() for pattern in _COMPLAINED if (match := pattern.search(view.text))]
    if len(signs) >= 2:
        yield from signs


_LONGEST_POST = 400
"""Characters: a post of 280 with its link (X), a headline with its teaser."""

_TICKER = compiled(r"(?:^|[\s(])\$[A-Z]{1,5}(?:[._][A-Z]{1,2})?\b")
_SIGNS = [
    compiled(pattern)
    for pattern in (
        r"(?i)\b(?:shares?|stocks?|equit(?:y|ies)|scrips?|buybacks?|ipos?|fpos?|listing|dividends?|promoters?)\b",
        r"\b(?:Sensex|Nifty|Dow|Nasdaq|NASDAQ|S&P|FTSE|DAX|Nikkei|NYSE|NSE|BSE|MCX|ETFs?|D-Street"
        r"|Wall Street)\b",
        r"(?i)\b(?:Q[1-4]|[1-4]Q\d\d|(?:first|second|third|fourth)[- ]quarter|FY ?\d\d|earnings|EPS|EBITDA"
        r"|revenues?|net (?:profit|loss|income|sales)|profits?|turnover|guidance|margins?"
        r"|same[- ]store sales)\b",
        r"(?i)\b(?:analysts?|brokerages?|price target|target price|PT|upgrade[sd]?|downgrade[sd]?|overweight"
        r"|underweight|outperform|underperform|bullish|bearish|investors?|traders?|FIIs?|hedge funds?)\b",
        r"(?i)\b(?:rupee|dollar index|euro|yen|yuan|forex|crude|brent|bullion|gold|silver|copper"
        r"|commodit(?:y|ies)|futures|bonds?|yields?|treasur(?:y|ies)|gilts?|bitcoin|crypto)\b",
        r"(?i)\b(?:RBI|SEBI|the Fed|Federal Reserve|ECB|FOMC|repo rate|rate (?:cut|hike)s?|inflation|GDP|CPI"
        r"|PMI|jobless claims|payrolls|trade deficit)\b",
        r"(?i)\b(?:falls?|fell|drops?|slips?|slides?|tumbles?|plunges?|sinks?|sheds?|rises?|rose|rall(?:y|ies)"
        r"|surges?|jumps?|soars?|climbs?|gains?|edges?|dips?|beats?|misses"
        r"|hits? (?:a )?(?:\S+ )?(?:high|low)s?)\b",
        r"(?i)\d ?(?:%|pct\b|percent\b|per cent\b|bps\b|basis points)|\bRs\.? ?\d"
        r"|\b\d[\d.,]* ?(?:crore|cr|bn|billion)\b",
    )
]
_MARKET = 6
"""Signs before this place are of markets; the others only say that something moves, and by how much."""

_TO_SOMEONE = compiled(
    r"(?i)\b(?:you|your|you'?re|ur|u|me|my|i'?m|i|dear|pls|please|claim|congratulations|winner|prize|free|reply"
    r"|txt|text|click|whatsapp|telegram|dm|sms|otp|pin|password|account|guaranteed?|double|verify|subscribe"
    r"|our members|advisory|strong[- ]buy|call|fees?|parcels?|packages?|delivery|rebates?|refunds?|hmrc|irs"
    r"|log ?in|urgent|expires?|suspended|blocked)\b|\b\d{5,}\b|\b0\d{3}\b"
)
"""Words of what is sent to a person, or sells: that is a message, whatever it speaks of."""

_LINKED = compiled(r"(?i)\b(?:https?://|www\.)?((?:[a-z0-9-]+\.)+[a-z]{2,})(?:/|\b)")
_OF_POSTS = (
    "t.co",
    "stocktwits.com",
    "stks.co",
    "bloom.bg",
    "cnb.cx",
    "on.mktw.net",
    "reut.rs",
    "seekingalpha.com",
)
"""Hosts that posts about markets lead to; who is led elsewhere is led by a message."""


def market_news(view: RuleInput) -> Iterable[Span]:
    """Find a text that is a headline or a post about markets: the whole of it, or nothing.

    A ticker behind a dollar sign is enough; else two signs of markets are needed, or one and a movement.

    >>> text = "Infosys shares slip 2% as Q3 revenue misses estimates"
    >>> list(market_news(RuleInput(text))) == [(0, len(text))]
    True
    >>> list(market_news(RuleInput("Your shares are ready, click to claim your 20% gain")))
    []
    """
    body = view.text.strip()
    if not 0 < len(body) <= _LONGEST_POST or body.count("\n") > 2 or body.startswith(("#", "|", "Subject:")):
        return
    hosts = (match[1].lower() for match in _LINKED.finditer(body))
    if _TO_SOMEONE.search(body) or any(host not in _OF_POSTS for host in hosts):
        return
    met = [place for place, sign in enumerate(_SIGNS) if sign.search(body)]
    if _TICKER.search(body) or (len(met) >= 2 and met[0] < _MARKET):
        yield (0, len(view.text))
