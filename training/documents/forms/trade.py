"""Invented invoices, credit notes, orders and receipts in English, German and French, in many layouts."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

KINDS = ("invoice", "credit_note", "purchase_order", "receipt")


@dataclass(frozen=True, slots=True)
class Words:
    """What a trade document says in one language.

    Attributes:
        titles: By kind, titles of it.
        numbers: By kind, labels of its number.
        marks: By kind, sentences that only such a document has.
    """

    titles: Mapping[str, Sequence[str]]
    numbers: Mapping[str, Sequence[str]]
    marks: Mapping[str, Sequence[str]]
    columns: Sequence[Sequence[str]]
    items: Sequence[str]
    net: Sequence[str]
    tax: Sequence[str]
    total: Mapping[str, Sequence[str]]
    date: Sequence[str]
    parties: Sequence[tuple[str, str]]
    firms: Sequence[str]
    streets: Sequence[str]
    notes: Sequence[str]
    currency: Sequence[str]
    comma: bool


WORDS: Mapping[str, Words] = {
    "en": Words(
        titles={
            "invoice": (
                "INVOICE",
                "Invoice",
                "TAX INVOICE",
                "Commercial Invoice",
                "Sales Invoice",
                "VAT INVOICE",
                "Pro forma invoice",
                "Statement / Invoice",
                "Bill",
                "",
            ),
            "credit_note": (
                "CREDIT NOTE",
                "Credit Memo",
                "Credit note",
                "CORRECTIVE INVOICE",
                "CREDIT MEMORANDUM",
            ),
            "purchase_order": (
                "PURCHASE ORDER",
                "Purchase Order",
                "ORDER CONFIRMATION",
                "Order form",
                "P.O.",
                "Work order",
                "Order acknowledgement",
                "SALES ORDER",
            ),
            "receipt": (
                "RECEIPT",
                "Sales receipt",
                "Cash Receipt",
                "",
                "",
                "Payment receipt",
                "OFFICIAL RECEIPT",
            ),
        },
        numbers={
            "invoice": ("Invoice no.", "Invoice #", "Invoice number:", "INV", "Document no:", "Reference"),
            "credit_note": ("Credit note no.", "Credit memo #", "CN number"),
            "purchase_order": ("PO number", "P.O. No.", "Order no.", "Purchase order #", "Our order"),
            "receipt": ("Receipt no.", "Trans #", "Bill no", "Ticket", "Order ID"),
        },
        marks={
            "invoice": (
                "Payment due within 30 days.",
                "Please remit to the account below.",
                "Terms: net 14",
                "Amount due by {date}",
                "Bill to",
                "Please quote the invoice number with your payment.",
                "Bank transfer: IBAN GB{nn} BARC {nnnn} {nnnn}",
                "Late payments bear interest.",
            ),
            "credit_note": (
                "Credit for returned goods, original invoice {nnnn}.",
                "The amount will be set off against your next invoice.",
                "Reason for credit: damaged on arrival",
                "This credit corrects invoice {nnnn} dated {date}.",
                "Amount credited",
            ),
            "purchase_order": (
                "Please supply the goods below.",
                "Ship to",
                "Requested delivery date {date}",
                "Vendor",
                "Please confirm this order.",
                "Deliver to our warehouse, gate 2.",
                "Authorized by",
                "Subject to our terms of purchase.",
            ),
            "receipt": (
                "Thank you for your purchase",
                "CASH {nn}.00 CHANGE {n}.{nn}",
                "VISA ****{nnnn} approved",
                "Cashier: 0{n}",
                "Please come again",
                "Goods sold are not returnable",
                "Paid with thanks",
                "Received from",
                "Till {n} Shop {nnn}",
                "Payment received, balance 0.00",
            ),
        },
        columns=(
            ("Description", "Qty", "Unit price", "Amount"),
            ("Item", "Quantity", "Price", "Total"),
            ("Code", "Description", "Hours", "Rate", "Net"),
        ),
        items=(
            "Office chair",
            "Consulting services",
            "Printer paper A4",
            "Annual licence",
            "Steel bolts M8",
            "Delivery",
            "Coffee",
            "Web hosting",
            "Training day",
            "Repair of pump",
            "Advertising spot 30 s",
            "Milk 1 l",
            "LED lamp",
            "Software maintenance",
        ),
        net=("Subtotal", "Net amount", "Total excl. VAT"),
        tax=("VAT 20%", "Sales tax 8.25%", "GST 6%", "VAT @ 5%"),
        total={
            "invoice": ("Total due", "TOTAL", "Balance due", "Amount payable"),
            "credit_note": ("Total credit", "Credit total"),
            "purchase_order": ("Order total", "Total"),
            "receipt": ("TOTAL", "Total paid", "Amount paid"),
        },
        date=("Date", "Issue date", "Dated"),
        parties=(("From", "To"), ("Seller", "Buyer"), ("Supplier", "Customer"), ("", "")),
        firms=(
            "Northway Ltd",
            "Hill & Sons",
            "Acorn Supplies LLC",
            "Blue River Inc.",
            "City Traders",
            "Orchard Media",
        ),
        streets=("12 Mill Lane, Leeds LS1 4AB", "500 Oak Avenue, Dayton, OH 45402", "8 Harbour Road, Cork"),
        notes=(
            "Delivery within five days.",
            "Goods remain our property until paid.",
            "VAT no. GB123456789",
            "Registered in England no. {nnnn}{nnnn}",
            "Thank you for your business.",
        ),
        currency=("$", "£", "USD ", "EUR ", "GBP "),
        comma=False,
    ),
    "de": Words(
        titles={
            "invoice": (
                "RECHNUNG",
                "Rechnung",
                "Handelsrechnung",
                "Rechnung Nr. {nnnn}",
                "Beitragsrechnung",
                "Schlussrechnung",
                "Abschlagsrechnung",
                "Mietrechnung",
                "Honorarrechnung",
                "Warenrechnung",
                "R E C H N U N G",
                "Gebührenrechnung",
                "",
            ),
            "credit_note": (
                "GUTSCHRIFT",
                "Gutschrift",
                "Rechnungskorrektur",
                "RECHNUNGS-KORREKTUR",
                "Stornorechnung",
                "Korrekturrechnung",
                "Storno zur Rechnung {nnnn}",
            ),
            "purchase_order": (
                "BESTELLUNG",
                "Bestellung",
                "Auftragsbestätigung",
                "Auftrag Nr. {nnnn}",
                "Bestellschein",
            ),
            "receipt": (
                "Quittung",
                "QUITTUNG",
                "Kassenbon",
                "Bewirtungsbeleg",
                "",
                "Kassenbeleg",
                "Taxiquittung",
            ),
        },
        numbers={
            "invoice": ("Rechnungsnummer", "Rechnungs-Nr.", "Beleg-Nr", "Rg.-Nr.", "Rechnung Nr."),
            "credit_note": ("Gutschrift-Nr.", "Korrektur-Nr.", "Beleg-Nr", "Storno-Nr."),
            "purchase_order": ("Bestellnummer", "Bestell-Nr.", "Auftragsnummer", "Auftrags-Nr."),
            "receipt": ("Bon-Nr.", "Beleg", "Quittung Nr.", "Transaktion"),
        },
        marks={
            "invoice": (
                "Zahlbar innerhalb von 14 Tagen ohne Abzug.",
                "Bitte überweisen Sie den Betrag bis zum {date}.",
                "Bei Zahlung bitte Rechnungsnummer angeben.",
                "Leistungsdatum {date}",
                "Zahlungsbedingungen: 30 Tage netto",
                "Der Betrag wird per Lastschrift eingezogen.",
                "IBAN DE{nn} {nnnn} {nnnn} {nnnn} BIC GENODEF1",
                "Wir erlauben uns, folgende Leistungen zu berechnen.",
                "Rechnungsempfänger",
                "Fällig am {date}",
                "Lieferdatum entspricht Rechnungsdatum.",
            ),
            "credit_note": (
                "Gutschrift zur Rechnung Nr. {nnnn} vom {date}.",
                "Der Betrag wird mit der nächsten Rechnung verrechnet.",
                "Storno wegen Retoure.",
                "Korrektur der Rechnung {nnnn}",
                "Grund: fehlerhafte Lieferung",
                "Erstattungsbetrag",
            ),
            "purchase_order": (
                "Hiermit bestellen wir:",
                "Bitte bestätigen Sie den Auftrag.",
                "Liefertermin {date}",
                "Lieferadresse",
                "Wir bestätigen Ihren Auftrag vom {date}.",
                "Es gelten unsere Einkaufsbedingungen.",
                "Besteller",
                "Lieferant",
            ),
            "receipt": (
                "Vielen Dank für Ihren Einkauf",
                "BAR {nn},00 RÜCKGELD {n},{nn}",
                "girocard Zahlung erfolgt",
                "Es bediente Sie Kasse {n}",
                "Betrag dankend erhalten",
                "Steuersatz A 19% B 7%",
                "TSE-Signatur {nnnn}{nnnn}",
                "Zurück",
            ),
        },
        columns=(
            ("Pos.", "Bezeichnung", "Menge", "Einzelpreis", "Gesamt"),
            ("Artikel", "Anzahl", "Preis", "Betrag"),
            ("Leistung", "Stunden", "Satz", "Netto"),
        ),
        items=(
            "Bürostuhl",
            "Beratung",
            "Kopierpapier A4",
            "Wartung Heizung",
            "Schrauben M8",
            "Versand",
            "Kaffee",
            "Webhosting",
            "Krankengymnastik",
            "Beitrag Haftpflicht",
            "Fahrt Bahnhof",
            "Miete Januar",
            "LED-Lampe",
            "Montage",
            "Abschlag Strom",
        ),
        net=("Nettobetrag", "Zwischensumme", "Summe netto", "Warenwert netto"),
        tax=("zzgl. 19 % MwSt.", "USt. 7%", "Umsatzsteuer 19%", "Versicherungssteuer 19%", "MwSt"),
        total={
            "invoice": (
                "Rechnungsbetrag",
                "Gesamtbetrag",
                "Zu zahlender Betrag",
                "Bruttobetrag",
                "Zahlbetrag",
            ),
            "credit_note": ("Gutschriftsbetrag", "Gesamtbetrag", "Auszahlungsbetrag"),
            "purchase_order": ("Auftragswert", "Bestellsumme", "Gesamt"),
            "receipt": ("SUMME", "Summe EUR", "Gesamt"),
        },
        date=("Datum", "Rechnungsdatum", "vom", "Belegdatum"),
        parties=(
            ("Verkäufer", "Käufer"),
            ("Lieferant", "Kunde"),
            ("Rechnungssteller", "Rechnungsempfänger"),
            ("", ""),
        ),
        firms=(
            "Holzbau Meier GmbH",
            "Lieferwerk AG",
            "Kunden AG Süd",
            "Elektro Braun e. K.",
            "Hansa Versicherung",
            "Stadtwerke Neuhof",
        ),
        streets=("Lindenstraße 4, 50667 Köln", "Am Markt 12, 80331 München", "Hafenweg 3, 20457 Hamburg"),
        notes=(
            "USt-IdNr. DE{nnn}{nnn}{nnn}",
            "Steuernummer {nn}/{nnn}/{nnnn}",
            "Geschäftsführer: K. Meier, Amtsgericht Köln HRB {nnnn}",
            "Kundennummer {nnnn}",
            "Vielen Dank für Ihren Auftrag.",
            "Lieferschein {nnnn}",
        ),
        currency=("EUR ", "€ ", ""),
        comma=True,
    ),
    "fr": Words(
        titles={
            "invoice": (
                "FACTURE",
                "Facture",
                "Facture n° {nnnn}",
                "FACTURE PROFORMA",
                "Facture d'acompte",
                "Note d'honoraires",
                "Facture de vente",
                "",
            ),
            "credit_note": (
                "AVOIR",
                "Avoir n° {nnnn}",
                "Facture d'avoir",
                "NOTE DE CRÉDIT",
                "Facture rectificative",
            ),
            "purchase_order": (
                "BON DE COMMANDE",
                "Bon de commande n° {nnnn}",
                "Commande n° {nnnn}",
                "Confirmation de commande",
            ),
            "receipt": ("Ticket de caisse", "REÇU", "Reçu de paiement", "", "Quittance", "TICKET"),
        },
        numbers={
            "invoice": ("Facture n°", "N° de facture", "Numéro de facture"),
            "credit_note": ("Avoir n°", "N° d'avoir"),
            "purchase_order": ("Commande n°", "N° de commande", "Réf. commande"),
            "receipt": ("Ticket n°", "Reçu n°", "Caisse"),
        },
        marks={
            "invoice": (
                "Date d'échéance : {date}",
                "Payable à 30 jours fin de mois.",
                "Paiement par virement IBAN FR{nn} {nnnn} {nnnn} {nnnn}",
                "En cas de retard, une indemnité forfaitaire de 40 € est due.",
                "Facturé à",
                "Net à payer avant le {date}",
                "TVA intracommunautaire FR{nn}{nnnn}",
            ),
            "credit_note": (
                "Avoir sur facture n° {nnnn} du {date}.",
                "Retour de marchandise.",
                "Ce montant sera déduit de votre prochaine facture.",
                "Montant à rembourser",
            ),
            "purchase_order": (
                "Nous vous prions de livrer :",
                "Adresse de livraison",
                "Date de livraison souhaitée {date}",
                "Merci de confirmer la commande.",
                "Fournisseur",
                "Acheteur",
                "Bon pour accord",
            ),
            "receipt": (
                "Merci de votre visite",
                "CB {nn},00 EUR",
                "ESPÈCES {nn},00 RENDU {n},{nn}",
                "À bientôt",
                "Caissier : {n}",
                "Reçu la somme de",
                "Ticket à conserver",
            ),
        },
        columns=(
            ("Désignation", "Quantité", "Prix unitaire HT", "Montant HT"),
            ("Référence", "Article", "Qté", "P.U.", "Total"),
            ("Prestation", "Heures", "Taux", "Montant"),
        ),
        items=(
            "Chaise de bureau",
            "Prestation de conseil",
            "Papier A4",
            "Abonnement annuel",
            "Livraison",
            "Café",
            "Hébergement web",
            "Réparation",
            "Formation",
            "Lampe LED",
            "Nettoyage",
            "Pain",
        ),
        net=("Total HT", "Sous-total", "Montant HT"),
        tax=("TVA 20 %", "TVA 5,5 %", "TVA 10 %"),
        total={
            "invoice": ("Total TTC", "Net à payer", "Montant TTC"),
            "credit_note": ("Total de l'avoir", "Net à déduire"),
            "purchase_order": ("Total commande", "Total TTC"),
            "receipt": ("TOTAL", "Total TTC", "MONTANT"),
        },
        date=("Date", "Le", "Date de facture"),
        parties=(("Vendeur", "Client"), ("Émetteur", "Destinataire"), ("", "")),
        firms=(
            "Dubois SARL",
            "Les Jardins du Lac",
            "Atelier Moreau SAS",
            "Boulangerie Petit",
            "Transports Roux",
            "Cabinet Girard",
        ),
        streets=(
            "4 rue des Lilas, 69003 Lyon",
            "12 avenue Foch, 75016 Paris",
            "Zone industrielle, 44000 Nantes",
        ),
        notes=(
            "SIRET {nnn} {nnn} {nnn} 000{nn}",
            "RCS Lyon B {nnn} {nnn} {nnn}",
            "Capital de {nn} 000 €",
            "Merci de votre confiance.",
            "N° client {nnnn}",
        ),
        currency=("€ ", "EUR ", ""),
        comma=True,
    ),
}


def documents(count: int) -> Iterator[tuple[str, str, str, str]]:
    """Yield kind, language, group and text of `count` documents of each kind in each language."""
    for language, words in WORDS.items():
        for kind in KINDS:
            for number in range(count):
                chance = random.Random(f"{language} {kind} {number}")
                yield (
                    f"financial.{kind}",
                    language,
                    f"trade {language} {kind} {number % 10}",
                    _text(kind, words, chance),
                )


def _text(kind: str, words: Words, chance: random.Random) -> str:
    lines = _head(kind, words, chance)
    separator = chance.choice((" ", "  ", " | ", "\t", "\n"))
    if chance.random() < 0.85:
        lines += [separator.join(chance.choice(words.columns)), *_items(words, chance, separator)]
    net = chance.uniform(5, 5000)
    sign = -1 if kind == "credit_note" and chance.random() < 0.4 else 1
    if chance.random() < 0.8:
        lines.append(f"{chance.choice(words.net)}{separator}{_money(sign * net, words, chance)}")
    if chance.random() < 0.8:
        lines.append(f"{chance.choice(words.tax)}{separator}{_money(sign * net * 0.19, words, chance)}")
    lines.append(f"{chance.choice(words.total[kind])}{separator}{_money(sign * net * 1.19, words, chance)}")
    marks = list(words.marks[kind])
    tail = chance.sample(marks, chance.randint(1, min(4, len(marks)))) + chance.sample(
        words.notes, chance.randint(0, 3)
    )
    chance.shuffle(tail)
    return _filled("\n".join(lines + tail), chance)


def _head(kind: str, words: Words, chance: random.Random) -> list[str]:
    seller, buyer = chance.sample(words.firms, 2)
    first, second = chance.choice(words.parties)
    title = chance.choice(words.titles[kind])
    number = f"{chance.choice(words.numbers[kind])} {chance.choice(('', 'R', 'A-', '2024-'))}{chance.randint(100, 999999)}"
    dated = f"{chance.choice(words.date)} {{date}}"
    sent = [f"{first}: {seller}" if first else seller, chance.choice(words.streets)]
    received = (
        [] if kind == "receipt" else [f"{second}: {buyer}" if second else buyer, chance.choice(words.streets)]
    )
    blocks = [sent, received, [title, number, dated] if title else [number, dated]]
    if chance.random() < 0.6:
        blocks.insert(0, blocks.pop())
    return [line for block in blocks for line in block if line]


def _items(words: Words, chance: random.Random, separator: str) -> Iterator[str]:
    for number in range(1, chance.randint(2, 9)):
        count, price = chance.randint(1, 20), chance.uniform(0.5, 400)
        cells = [
            chance.choice(words.items),
            str(count),
            _money(price, words, chance),
            _money(price * count, words, chance),
        ]
        yield separator.join([str(number), *cells] if chance.random() < 0.5 else cells)


def _money(amount: float, words: Words, chance: random.Random) -> str:
    written = f"{amount:,.2f}"
    if words.comma:
        written = written.replace(",", " ").replace(".", ",").replace(" ", ".")
    return f"{chance.choice(words.currency)}{written}"


def _filled(text: str, chance: random.Random) -> str:
    while "{" in text:
        before, _, rest = text.partition("{")
        name, _, after = rest.partition("}")
        value = f"{chance.randint(1, 28):02}.{chance.randint(1, 12):02}.20{chance.randint(15, 29)}"
        if name != "date":
            value = str(chance.randint(10 ** (len(name) - 1), 10 ** len(name) - 1))
        text = before + value + after
    return text
