"""What a line among an invoice's totals gives, by its label in English, German or French."""

from __future__ import annotations

from functools import lru_cache

import re2

from docassay.domains.financial.invoice import Role

# Labels are compared in small letters and without anything else: "Br uttosumme" of a PDF is "bruttosumme".
_END = r"(?:betrag|summe)?(?:in)?(?:eur|euro|usd|gbp|chf)?"
_TAXES = r"(?:ust|mwst|umsatzsteuer|mehrwertsteuer|steuern?|vat|tax(?:es)?|gst|tva|taxe)"
_TOTALS: tuple[tuple[Role, str], ...] = (
    (
        "lowering",
        r"(?:gesamtbetragder|summe(?:der)?|total|sumof)(?:abschlage|allowances|discounts|remises)(?:gesamt)?",
    ),
    (
        "raising",
        r"(?:gesamtbetragder|summe(?:der)?|total|sumof)(?:zuschlage|charges|surcharges|fraisaccessoires)",
    ),
    (
        "lines",
        r"(?:positions?|artikel|waren)(?:summe|wert)(?:gesamt|netto)?|summe(?:aller|der)?positionen(?:netto)?"
        r"|(?:sum|total)of(?:the)?(?:line|item)s?(?:amounts?|totals?)?|lines?totals?"
        r"|(?:zwischensumme|zwischentotal)(?:netto|i)?"
        r"|subtotals?(?:net|exclvat|exvat)?|soustotal(?:ht)?|itemstotal",
    ),
    (
        "net",
        rf"(?:rechnungs|gesamt|waren)?(?:(?:summe|betrag)?netto|(?:summe|betrag)(?:ohne|zzgl|exkl){_TAXES})"
        rf"(?:gesamt|exkl{_TAXES}|excl{_TAXES}|ohne{_TAXES})?{_END}"
        r"|nettogesamt|gesamtnetto|(?:total)?nettotals?|net(?:amount|total|price|invoiceamount)?"
        r"|totalnet(?:amount)?"
        rf"|(?:invoice)?total(?:amount)?(?:e[xk]+[cz]?l(?:uding)?|without|before|ex)(?:of)?{_TAXES}"
        rf"|amount(?:excl?(?:uding)?|without|before){_TAXES}|(?:montant)?(?:total)?(?:net)?ht"
        rf"|total(?:general)?horstaxes?|steuerpflichtigerbetrag|taxableamount|bemessungsgrundlage",
    ),
    (
        "tax",
        rf"(?:steuerbetrag|summe{_TAXES}|{_TAXES}(?:gesamt|betrag|summe)|gesamt{_TAXES}|(?:total"
        rf"|montant)(?:dela|de)?{_TAXES}|{_TAXES}(?:amount|total)){_END}",
    ),
    (
        "gross",
        rf"(?:rechnungs|gesamt)?(?:summe|betrag)?brutto(?:gesamt)?(?:ink?c?l{_TAXES})?{_END}|(?:gross"
        r"|grand|invoice|order)?totals?|(?:gross|invoice|order)amount"
        r"|(?:rechnungs|gesamt|end)(?:betrag"
        rf"|summe)(?:ink?c?l(?:usive)?(?:der)?(?:gesetzlichen)?{_TAXES}|mit{_TAXES})?{_END}"
        r"|(?:total)?gross(?:amount|total)?|(?:invoice|rechnungs"
        r"|gesamt)?total(?:amount)?(?:in[ck]l?(?:uding)?|inclusive"
        rf"|with)(?:of)?{_TAXES}|total(?:invoice)?amount|invoiceamount"
        r"|(?:montant)?(?:total)?ttc|totaltoutestaxescomprises|gesamt|summe|grandtotal|totalgeneral"
        r"|totalfacture|(?:rechnungs|gesamt)?total",
    ),
    (
        "paid",
        r"(?:abz(?:u|ue)glich|abzgl|less|minus|moins)?(?:bereits)?(?:erhaltenee?|geleistetee?"
        r"|total)?(?:an|voraus|teil|abschlags)zahlung(?:en)?(?:brutto)?"
        r"|(?:bereits|schon)(?:be|ge)zahlt|(?:already|amount|total|less)?(?:pre)?paid(?:amount|todate"
        r"|already)?|(?:less|total)?payments?(?:received|made)?"
        r"|(?:less)?deposits?(?:paid|received)?|(?:total)?(?:des)?acomptes?(?:verses?|recus?)?"
        r"|(?:montant|total)?dejar(?:e|egle|egles)|montantpaye",
    ),
    ("rounding", r"rundung(?:en|s?betrag|s?differenz|s?ausgleich)?|rounding(?:amount|adjustment)?|arrondis?"),
    (
        "due",
        r"(?:noch)?zuzahlen(?:der|de)?(?:betrag|beitrag|summe)?|zahlbetrag|zahlungsbetrag"
        r"|(?:noch)?offen(?:erbetrag)?|rest(?:betrag|forderung|zahlung|summe|schuld)|falliger?betrag"
        r"|verbleibend(?:er)?betrag"
        r"|(?:remaining|outstanding)(?:balance|amount)|(?:balance|amount)(?:remaining|outstanding)"
        r"|solde(?:restant)?"
        r"|(?:net)?(?:amount|balance|total|payment|net)?(?:now)?due(?:forpayment|now"
        r"|paymentterms[a-z]{0,20})?|(?:total)?(?:amount)?(?:payable|topay)|(?:total)?amountdue"
        r"|balance"
        r"|(?:net|reste|total|montant|solde)(?:apayer|du)(?:ttc)?|zahllast|uberweisungsbetrag"
        r"|abbuchungsbetrag|lastschriftbetrag",
    ),
    (
        "lowering",
        r"(?:abzuglich|abzgl|less|minus|moins)?(?:[a-z]{0,20})?(?:rabatt|nachlass|skonto|discount"
        r"|abschlag|allowance|remise|rabais|ristourne|escompte|gutschrift|gutschein|credit|avoir|bonus"
        r"|commission|provision)",
    ),
    (
        "raising",
        r"(?:zuzuglich|zzgl|plus)?(?:[a-z]{0,12})?(?:versand|versandkosten|verpackung|fracht"
        r"|frachtkosten|porto|lieferkosten|transportkosten|zuschlag|pfand|shipping|freight|delivery"
        r"|handling|postage|surcharge|charge|shippingandhandling|tips?|gratuity|servicecharge|trinkgeld"
        r"|fraisdeport|fraisdelivraison"
        r"|fraisdetransport|livraison|port|ecotaxe|ecoparticipation)",
    ),
)
_PATTERNS = tuple((role, re2.compile(pattern)) for role, pattern in _TOTALS)
_PLAIN = str.maketrans("äöüàâéèêëîïôûùç", "aouaaeeeeiiouuc")
_TAX_LABELS = """
vat ust mwst umsatzsteuer mehrwertsteuer steuer tva gst hst pst tax taxes salestax iva btw steuerbetrag
ust-betrag mwst-betrag
"""
_TAX_WORDS = frozenset(_TAX_LABELS.split())
_BESIDE_TAX = """
s z e k g ae zzgl zuzüglich plus inkl incl inklusive including included includes davon darin enthaltene
enthalten dont add total summe gesamt gesetzl gesetzliche der die auf on von de la of at rate satz betrag
base basis sales normal reduced standard ermäßigt steuersatz voller steuerbasisbetrag taux à a id eur in
amount ust-satz montant the
"""
_AROUND_TAX = frozenset(_BESIDE_TAX.split())
_INCLUDED = re2.compile(r"(?i)\b(?:incl|inkl|includ|enth|davon|darin|dont|hierin)|included")
_WORDS = re2.compile(r"[\pL-]+")


@lru_cache(maxsize=2_000)
def role_of(label: str) -> Role | None:
    """Tell what a total gives; None where the label is none of a total.

    >>> role_of("Rechnungssumme ohne USt."), role_of("Br uttosumme"), role_of("zzgl. USt."), role_of("Paint")
    ('net', 'gross', 'tax', None)
    """
    if len(label) > 80:
        return None
    squashed = "".join(c for c in label.lower() if c.isalpha()).translate(_PLAIN)
    for role, pattern in _PATTERNS:
        if squashed and pattern.fullmatch(squashed):
            return role
    words = [word.lower().strip("-") for word in _WORDS.findall(label)]
    if any(word in _TAX_WORDS for word in words) and all(
        word in _TAX_WORDS or word in _AROUND_TAX for word in words
    ):
        return "tax"
    return None


_PAID = re2.compile(
    r"(?i)\b(?:(?:pre-?|down ?)?payments?|(?:pre-?)?paid|deposits?|retainers?|advances?|(?:an|voraus"
    r"|teil|abschlags|akonto)-?zahlung(?:en)?"
    r"|(?:abschlags|anzahlungs|teil|akonto)-?rechnung(?:en)?|abschlag|bezahlt|gezahlt|acomptes?|arrhes"
    r"|avances?|vers(?:é|ement)s?"
    r"|réglée?s?|payée?s?)\b"
)
_TO_PAY = re2.compile(
    r"(?i)\b(?:due|terms?|payable|required|requested|method|instructions?|within|by|until|next|ziel"
    r"|bedingung\w*"
    r"|fällig\w*|zahlbar|echéance|échéance|mode|conditions?|à payer|no\.?|number|ref\w*)\b"
)


def says_paid(label: str) -> bool:
    """Tell whether a line among the totals gives what was paid before, a deposit or part of the sum.

    >>> says_paid("50% deposit paid April"), says_paid("1. Abschlagsrechnung vom"), says_paid("Payment terms")
    (True, True, False)
    """
    return bool(_PAID.search(label)) and not _TO_PAY.search(label)


def names_tax(label: str) -> bool:
    """Tell whether a label speaks of a tax, whatever else it says."""
    return any(word.lower().strip("-") in _TAX_WORDS for word in _WORDS.findall(label))


def says_included(label: str) -> bool:
    """Tell whether a tax is said to be part of the total already."""
    return bool(_INCLUDED.search(label))
