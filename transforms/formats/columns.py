"""What the columns of an invoice's or a bill's table are, by their headings in English, German and French."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from docassay.schemas.tables import Role

MOST_WORDS = 5
"""Words of the longest heading."""

_WORDS: dict[Role, str] = {
    "code": """
        pos position posnr positionsnr positionsnummer lfdnr lfd artnr artikelnr artikelnummer artnrkunde artnrlief
        artnrlieferant nr no # item# itemno itemnumber itemcode code productcode sku ref reference référence réf gtin
        ean cpt cptcode hcpcs cpthcpcs procedurecode proccode line lineno rang ziffer goz goä goäziffer pzn num numéro
        articleno produktnr productno partno partnumber materialnr materialnummer
    """,
    "date": """
        datum date leistungsdatum lieferdatum dateofservice servicedate dos behandlungsdatum tag leistungszeitraum
        période zeitraum period
    """,
    "description": """
        beschreibung bezeichnung artikel artikelbezeichnung artikelbeschreibung leistung leistungen leistungstext
        leistungsbeschreibung produkt produktbezeichnung produktbeschreibung warenbezeichnung text bezeichnungderleistung
        positionstext tätigkeit gegenstand ware
        description descriptions item items itemdescription details particulars product products service services
        productservice productdescription servicedescription itemservice activity task goods article
        descriptionofservices descriptionofservice descriptionofgoods itemanddescription itemdescriptions procedure
        designation désignation libellé libelle descriptif prestation prestations produit produits intitulé objet
        désignationdesprestations désignationdesproduits descriptiondesprestations
    """,
    "quantity": """
        menge anzahl stück stk anz liefermenge stunden std mengeeinheit mengeeinh mengeme stückzahl anzahlstunden tage
        qty quantity quantities qtyhrs qtyhours hours hrs hoursqty noofunits numberofunits units days billedquantity
        quantityunit qtyunit qnty quant invoicedquantity
        quantité quantités quantite qté qte qtés nombre nb heures jours qtéunité quantitéunité
    """,
    "unit": """
        einheit einh me mengeneinheit unit uom unitofmeasure measure unité unite unités vkegeb
    """,
    "price": """
        preis einzelpreis epreis nettopreis stückpreis einheitspreis preisproeinheit preiseinheit preisjeeinheit
        preisprostück vkpreis einzelnetto nettoeinzelpreis einzelpreisnetto nettoeinzel stundensatz ep einzel
        preisnetto nettostückpreis verkaufspreis einzelbetrag
        price unitprice unitcost unitrate priceunit priceperunit costperunit netprice netunitprice itemprice unitnetprice
        unitpricenet pricenet hourlyrate ratehr ratehour pricepc priceea priceeach itemcost
        prix prixunitaire prixunit prixu pu puht prixunitaireht prixuht prixunitht tarif prixunitaireht
        prixnet prixunitairenet
    """,
    "discount": "rabatt rabatt% nachlass discount disc disc% discount% remise remise% rabais",
    "rate": """
        mwst ust mwst% ust% mehrwertsteuer umsatzsteuer steuer steuersatz steuer% mwstsatz ustsatz mwstinprozent
        vat vat% vatrate tax tax% taxrate gst gst% salestax %vat
        tva tva% tauxtva tauxdetva %tva taux
    """,
    "tax": """
        steuerbetrag mwstbetrag ustbetrag vatamount taxamount montanttva tvamontant montantdelatva
    """,
    "amount": """
        betrag gesamt gesamtpreis gesamtbetrag summe nettobetrag nettowert netto entgelt positionsbetrag gesamtnetto
        nettogesamt nettosumme gpreis gp wert positionspreis gesamtsumme betragnetto summenetto gesamtpreisnetto zeilensumme
        positionsbetragohneust nettogesamtpreis preisgesamt positionswert zeilenbetrag gesamtwert gesamtbetragnetto
        amount amounts total linetotal lineamount netamount totalprice extended extension extendedprice extendedamount
        extprice totalamount totalnet nettotal amountnet charge charges billedamount amountbilled amountcharged sum
        totalcost net netvalue value pricetotal linetotalnet netlinetotal totalcharge totalcharges subtotal
        exclvat amountexclvat totalexclvat exvat
        montant montantht prixtotal totalht prixtotalht montantnet totalnetht montanttotal totalligne prixht ht
    """,
    "gross": """
        brutto bruttobetrag bruttopreis gesamtbrutto bruttogesamt bruttosumme betragbrutto
        gross grossamount totalgross grosstotal amountinclvat totalinclvat inclvat totalincvat
        ttc totalttc montantttc prixttc prixtotalttc
    """,
}
_PLAIN = str.maketrans("äöüàâéèêëîïôûùç", "aouaaeeeeiiouuc")
_ROLES: dict[str, Role] = {
    word.translate(_PLAIN): role for role, words in _WORDS.items() for word in words.split()
}
_BESIDE = re.compile(
    r"\([^()]{0,30}\)|\[[^\[\]]{0,30}\]|(?<![a-z])(?:in|en|per|pro|par|à|a)? ?(?:eur(?:os?)?|usd|gbp|chf|€|\$|£)(?![a-z])"
)
_LONGEST = 60
_NO_LETTER = re.compile(r"[^a-zß%#]+")
_LINE_ROLES = frozenset(("quantity", "price", "amount", "gross"))
_TOTAL = re.compile(
    r"(?i)^\W*(?:(?:sub|grand|invoice|order|net|gross|line|items?)[ -]?)?(?:totals?|summe|gesamt|amount due|balance|due)\b"
    r"|^\W*(?:zu zahl|zahl|end|rechnungs|gesamt|netto|brutto|positions|waren|steuer|zwischen)\w*(?:summe|betrag|wert|gesamt)\b"
    r"|^\W*(?:zzgl|zuzügl\w*|plus|incl|inkl|davon|dont|including)?\.? ?(?:\d[\d.,]* ?%)? ?"
    r"(?:mwst|ust|umsatzst|mehrwertst|vat|tva|sales tax|tax)\b"
    r"|^\W*(?:net|netto|brutto|gross|montant|total|sous-total|net à payer|reste|solde|skonto)\W*(?:ht|ttc|tva|à payer|dû)?\W*$"
)
_TAX = re.compile(
    r"(?i)^\W*(?:vat|ust|mwst|tva|umsatzsteuer\w*|mehrwertsteuer|tax|sales tax|gst)\b[\s.:]*(?:\([A-Z]{1,2}\))?[\s%.:€]*$"
)
_CARRIED = re.compile(
    r"(?i)^\W*(?:übertrag|zwischensumme|vortrag|sub-?total|(?:carried|brought) (?:forward|over)"
    r"|(?:report|à reporter|sous-total)\b|(?:total |amount |summe )?(?:carried|c/f|b/f))"
)


@lru_cache(maxsize=2_000)
def role_of(heading: str) -> Role | None:
    """Tell what the cells below a heading are; None where it is not known.

    >>> role_of("Einzelpreis (EUR)"), role_of("Positions-betrag ohne USt."), role_of("P.U. HT"), role_of("Colour")
    ('price', 'amount', 'price', None)
    """
    if len(heading) > _LONGEST:
        return None
    plain = _BESIDE.sub(" ", heading.lower()).translate(_PLAIN)
    return _ROLES.get(_NO_LETTER.sub("", plain))


def is_heading(roles: Iterable[Role | None]) -> bool:
    """Tell whether columns are those of an invoice's lines: with two of quantity, price and amount.

    >>> is_heading(["description", "quantity", "amount"]), is_heading(["description", None, "amount"])
    (True, False)
    """
    return len(_LINE_ROLES.intersection(filter(None, roles))) >= 2


def settled(roles: list[Role | None]) -> list[Role | None]:
    """Tell columns apart that are called alike: of two prices without an amount the last is the amount."""
    if "amount" not in roles:
        places = [at for at, role in enumerate(roles) if role == "price"]
        if len(places) > 1:
            roles[places[-1]] = "amount"
        elif "gross" in roles and "price" in roles:
            roles[len(roles) - 1 - roles[::-1].index("gross")] = "amount"
    return roles


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


def is_tax(words: str) -> bool:
    """Tell whether a row is one of a tax breakdown, with nothing but the name of the tax.

    >>> is_tax("Umsatzsteuer (S) %"), is_tax("VAT advice")
    (True, False)
    """
    return _TAX.search(words) is not None
