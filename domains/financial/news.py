"""Tell a headline or a post about markets, which is too short for the head of kinds."""

from __future__ import annotations

from collections.abc import Iterable

import re2

from docassay.domains import RuleInput, Span

_LONGEST = 400
"""Characters: a post of 280 with its link (X), a headline with its teaser."""

_TICKER = re2.compile(r"(?:^|[\s(])\$[A-Z]{1,5}(?:[._][A-Z]{1,2})?\b")
_SIGNS = [
    re2.compile(pattern)
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

_TO_SOMEONE = re2.compile(
    r"(?i)\b(?:you|your|you'?re|ur|u|me|my|i'?m|i|dear|pls|please|claim|congratulations|winner|prize|free|reply"
    r"|txt|text|click|whatsapp|telegram|dm|sms|otp|pin|password|account|guaranteed?|double|verify|subscribe"
    r"|our members|advisory|strong[- ]buy|call|fees?|parcels?|packages?|delivery|rebates?|refunds?|hmrc|irs"
    r"|log ?in|urgent|expires?|suspended|blocked)\b|\b\d{5,}\b|\b0\d{3}\b"
)
"""Words of what is sent to a person, or sells: that is a message, whatever it speaks of."""

_LINK = re2.compile(r"(?i)\b(?:https?://|www\.)?((?:[a-z0-9-]+\.)+[a-z]{2,})(?:/|\b)")
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
    if not 0 < len(body) <= _LONGEST or body.count("\n") > 2 or body.startswith(("#", "|", "Subject:")):
        return
    hosts = (match[1].lower() for match in _LINK.finditer(body))
    if _TO_SOMEONE.search(body) or any(host not in _OF_POSTS for host in hosts):
        return
    met = [place for place, sign in enumerate(_SIGNS) if sign.search(body)]
    if _TICKER.search(body) or (len(met) >= 2 and met[0] < _MARKET):
        yield (0, len(view.text))
