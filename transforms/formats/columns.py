"""What the columns of an invoice's or a bill's table are, by their headings in English, German and French."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from docassay.schemas.tables import Role

MOST_WORDS = 5
"""Words of the longest heading."""

_WORDS: dict[Role, str] = {
    "code": """
        pos position posnr positionsnr positionsnummer lfdnr lfd artnr artikelnr artikelnummer
        artnrkunde artnrlief artnrlieferant nr no # item# itemno itemnumber itemcode code
        productcode sku ref reference référence réf gtin ean cpt cptcode hcpcs cpthcpcs
        procedurecode proccode line lineno rang ziffer goz goä goäziffer pzn num numéro articleno
        produktnr productno partno partnumber materialnr materialnummer
    """,
    "date": """
        datum date leistungsdatum lieferdatum dateofservice servicedate dos behandlungsdatum tag
        leistungszeitraum période zeitraum period
    """,
    "description": """
        beschreibung bezeichnung artikel artikelbezeichnung artikelbeschreibung leistung leistungen
        leistungstext leistungsbeschreibung produkt produktbezeichnung produktbeschreibung
        warenbezeichnung text bezeichnungderleistung positionstext tätigkeit gegenstand ware
        description descriptions item items itemdescription details particulars product products
        service services productservice productdescription servicedescription itemservice activity
        task goods article descriptionofservices descriptionofservice descriptionofgoods
        itemanddescription itemdescriptions procedure designation désignation libellé libelle
        descriptif prestation prestations produit produits intitulé objet désignationdesprestations
        désignationdesproduits descriptiondesprestations
    """,
    "quantity": """
        menge anzahl stück stk anz liefermenge stunden std mengeeinheit mengeeinh mengeme stückzahl
        anzahlstunden tage qty quantity quantities qtyhrs qtyhours hours hrs hoursqty noofunits
        numberofunits units days billedquantity quantityunit qtyunit qnty quant invoicedquantity
        quantité quantités quantite qté qte qtés nombre nb heures jours qtéunité quantitéunité
    """,
    "unit": """
        einheit einh me mengeneinheit unit uom unitofmeasure measure unité unite unités vkegeb
    """,
    "price": """
        preis einzelpreis epreis nettopreis stückpreis einheitspreis preisproeinheit preiseinheit
        preiseinh preisjeeinheit preisprostück vkpreis einzelnetto nettoeinzelpreis einzelpreisnetto
        nettoeinzel stundensatz ep einzel preisnetto nettostückpreis verkaufspreis einzelbetrag
        price unitprice unitcost unitrate priceunit priceperunit costperunit netprice netunitprice
        itemprice unitnetprice unitpricenet pricenet rate hourlyrate ratehr ratehour pricepc priceea
        priceeach itemcost prix prixunitaire prixunit prixu pu puht prixunitaireht prixuht
        prixunitht tarif prixunitaireht prixnet prixunitairenet
    """,
    "discount": "rabatt rabatt% nachlass discount disc disc% discount% remise remise% rabais",
    "rate": """
        mwst ust mwst% ust% mehrwertsteuer umsatzsteuer steuer steuersatz steuer% mwstsatz ustsatz
        mwstinprozent vat vat% vatrate tax taxes tax% taxrate gst gst% salestax %vat tva tva%
        tauxtva tauxdetva %tva taux
    """,
    "tax": """
        steuerbetrag mwstbetrag ustbetrag vatamount taxamount montanttva tvamontant montantdelatva
    """,
    "amount": """
        betrag gesamt gesamtpreis gesamtbetrag summe nettobetrag nettowert netto entgelt
        positionsbetrag gesamtnetto nettogesamt nettosumme gpreis gp wert positionspreis gesamtsumme
        betragnetto summenetto gesamtpreisnetto zeilensumme positionsbetragohneust nettogesamtpreis
        preisgesamt positionswert zeilenbetrag gesamtwert gesamtbetragnetto amount amounts total
        linetotal lineamount netamount totalprice extended extension extendedprice extendedamount
        extprice totalamount totalnet nettotal amountnet charge charges billedamount amountbilled
        amountcharged sum totalcost net netvalue value pricetotal linetotalnet netlinetotal
        totalcharge totalcharges subtotal montant montantht prixtotal totalht prixtotalht montantnet
        totalnetht montanttotal totalligne prixht ht
    """,
    "gross": """
        brutto bruttobetrag bruttopreis gesamtbrutto bruttogesamt bruttosumme betragbrutto gross
        grossamount totalgross grosstotal amountinclvat totalinclvat inclvat totalincvat ttc
        totalttc montantttc prixttc prixtotalttc
    """,
}
_PLAIN = str.maketrans("äöüàâéèêëîïôûùç", "aouaaeeeeiiouuc")
_ROLES: dict[str, Role] = {
    word.translate(_PLAIN): role for role, words in _WORDS.items() for word in words.split()
}
_BESIDE = re.compile(
    r"\([^()]{0,30}\)|\[[^\[\]]{0,30}\]"
    r"|(?<![a-z])(?:in|en|per|pro|par|à|a)? ?(?:eur(?:os?)?|usd|gbp|chf|€|\$|£)(?![a-z])"
)
_TAX_BEHIND = re.compile(
    r"(?:(?:excl|exkl|ex|excluding|without|ohne|zzgl|hors|before|(?P<with>incl|inkl|inc|including|mit))"
    r"(?:vat|mwst|ust|gst|tva|tax(?:es?)?)|ht|netto|net|(?P<also>ttc|brutto|gross))$"
)
_QUALIFIERS = frozenset(
    ["excl", "exkl", "incl", "inkl", "ohne", "%", "in", "€", "eur", "$", "usd", "chf", "£", "gbp"]
)
_LONGEST = 60
_NO_LETTER = re.compile(r"[^a-zß%#]+")
_LINE_ROLES = frozenset(("quantity", "price", "amount", "gross"))
_TOTAL = re.compile(
    r"(?i)^\W*(?:(?:sub|grand|invoice|order|net|gross|line|items?)[ -]?)?"
    r"(?:totals?|summe|gesamt|amount due|balance|due)\b"
    r"|^\W*(?:zu zahl|zahl|end|rechnungs|gesamt|netto|brutto|positions|waren|steuer|zwischen)\w*"
    r"(?:summe|betrag|wert|gesamt)\b"
    r"|^\W*(?:zzgl|zuzügl\w*|plus|incl|inkl|davon|dont|including)?\.? ?(?:\d[\d.,]* ?%)? ?"
    r"(?:mwst|ust|umsatzst|mehrwertst|vat|tva|sales tax|tax)\b"
    r"|^\W*positionen (?:netto|brutto|ust)\b"
    r"|^\W*(?:net|netto|brutto|gross|montant|total|sous-total|net à payer|reste|solde|skonto)\W*"
    r"(?:ht|ttc|tva|à payer|dû)?\W*$"
)
_BARE = re.compile(
    r"(?i)^\W*(?:vat|ust|mwst|tva|umsatzsteuer\w*|mehrwertsteuer|tax|sales tax|gst"
    r"|(?:grand |sub-?)?totals?|summe|gesamt"
    r"|total (?:ht|ttc|net|netto|brutto))\b[\s.:]*(?:\([A-Z]{1,2}\))?[\s%.:€$£]*(?:eur)?\W*$"
)
_CARRIED = re.compile(
    r"(?i)^\W*(?:übertrag|zwischensumme|vortrag|sub-?total|(?:carried|brought) (?:forward|over)"
    r"|(?:report|à reporter|sous-total)\b|(?:total |amount |summe )?(?:carried|c/f|b/f))"
)


@lru_cache(maxsize=2_000)
def role_of(heading: str) -> Role | None:
    """Tell what the cells below a heading are; None where it is not known.

    >>> role_of("Einzelpreis (EUR)"), role_of("Positions-betrag ohne USt."), role_of("P.U. HT")
    ('price', 'amount', 'price')
    """
    if len(heading) > _LONGEST:
        return None
    if "(+)" in heading or "(-)" in heading:
        return "discount"
    plain = _NO_LETTER.sub("", _BESIDE.sub(" ", heading.lower()).translate(_PLAIN))
    if (role := _ROLES.get(plain)) or not (match := _TAX_BEHIND.search(plain)):
        return role
    role = _ROLES.get(plain[: match.start()])
    if role == "amount" and (match["with"] or match["also"]):
        return "gross"
    return role if role in ("price", "amount") else None


def is_qualifier(word: str) -> bool:
    """Tell whether a word of a heading says something of the word before it, and names no column."""
    return word.lower().strip("().:") in _QUALIFIERS


def is_heading(roles: Iterable[Role | None]) -> bool:
    """Tell whether columns are those of an invoice's lines: with two of quantity, price and amount.

    >>> is_heading(["description", "quantity", "amount"]), is_heading(["description", None, "amount"])
    (True, False)
    """
    return len(_LINE_ROLES.intersection(filter(None, roles))) >= 2


def settled(roles: Sequence[Role | None]) -> list[Role | None]:
    """Tell columns apart that are called alike.

    Of two amounts around a price the first is a quantity, where there is no other; of two prices without an
    amount the last is the amount; of further columns that are called alike the last counts.

    >>> settled(["amount", "price", "amount"]), settled(["quantity", "price", "price"])
    (['quantity', 'price', 'amount'], ['quantity', 'price', 'amount'])
    >>> settled(["quantity", "amount", "amount"])
    ['quantity', None, 'amount']
    """
    assigned = list(roles)
    if assigned.count("amount") > 1 and "price" in assigned and "quantity" not in assigned:
        first = assigned.index("amount")
        if first < assigned.index("price"):
            assigned[first] = "quantity"
    if "amount" not in assigned:
        last = len(assigned) - 1 - assigned[::-1].index("price") if assigned.count("price") > 1 else -1
        if last < 0 and "gross" in assigned and "price" in assigned:
            last = assigned.index("gross")
        if last >= 0:
            assigned[last] = "amount"
    for role in ("quantity", "price", "amount"):
        for at in [at for at, one in enumerate(assigned) if one == role][:-1]:
            assigned[at] = None
    return assigned


def is_carried(words: str) -> bool:
    """Tell whether a row gives what the rows above it come to, and further rows follow.

    >>> is_carried("Übertrag auf Seite 2"), is_carried("Reports in print")
    (True, False)
    """
    return _CARRIED.search(words) is not None


def is_total(words: str) -> bool:
    """Tell whether a row is a total or a tax, below the lines.

    >>> is_total("Summe netto"), is_total("zzgl. 19 % MwSt."), is_total("Paint, 2 cans")
    (True, True, False)
    """
    return _TOTAL.search(words) is not None


def is_bare_total(words: str) -> bool:
    """Tell whether a row is a total, or one of a tax breakdown, that has nothing but the name of such.

    >>> is_bare_total("Umsatzsteuer (S) %"), is_bare_total("Total:"), is_bare_total("VAT advice")
    (True, True, False)
    """
    return _BARE.search(words) is not None
