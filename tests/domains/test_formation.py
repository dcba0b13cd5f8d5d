"""Who the parties of a contract are, from when it binds, where it is signed; and which law applies."""

from __future__ import annotations

from itertools import islice, permutations
from string import ascii_uppercase
from time import monotonic

import pytest

from docassay.domains import Matcher, RuleInput
from docassay.domains.legal.audience import for_consumers
from docassay.domains.legal.clauses import liability_shut_out
from docassay.domains.legal.formation import (
    effective_dates,
    made_by_parties,
    not_titled_form,
    stands_alone,
    whole_agreement,
)
from docassay.domains.legal.jurisdictions import conflicting_laws
from docassay.domains.legal.law import data_protection_law, processing_terms
from docassay.domains.legal.named import two_named
from docassay.domains.legal.parties import parties
from docassay.domains.legal.privacy import holds_no_data
from docassay.domains.legal.signatories import signature_lines
from docassay.domains.legal.trade import (
    employed_in_europe,
    ended_for_breach,
    of_supplies,
    open_to_withdrawal,
    safe_changes,
    sold_in_the_union,
    trader_addresses,
)

OPENING = (
    "CONFIDENTIALITY AGREEMENT\n\nThis Agreement is made {date} between {parties}.\n\n1. Term. One year.\n"
)


def first(matcher: Matcher, text: str) -> str | None:
    return next((text[start:end] for start, end in matcher(RuleInput(text))), None)


@pytest.mark.parametrize(
    ("text", "named", "why"),
    [
        (
            OPENING.format(
                date="on 3 May 2026", parties="Alder Foods, Inc., an Ohio corporation, and Ann Cole"
            ),
            True,
            "two",
        ),
        (
            OPENING.format(date="", parties="Alder Foods, Inc. (the “Company”) and ________ (“Employee”)"),
            False,
            "a blank",
        ),
        (OPENING.format(date="", parties="the Company and the employee named below"), False, "roles alone"),
        (
            "Zwischen\nErika Muster\n(Vermieter)\nund\nMax Beispiel\n(Mieter)\nwird vereinbart:",
            True,
            "German",
        ),
        (
            "Entre les soussignés :\n\nMadame Anne Le Goff,\n\net\n\nMonsieur Luc Morel,\n\nil a été convenu",
            True,
            "French",
        ),
        ("Landlord: Ann Cole\nTenant: Paul Berg\nThe flat is let.", True, "labels that are filled in"),
        ("Employer\n: Alder, Inc.\n\nEmployee\n: Ann Cole\n\nStart\n: 1 May", True, "a list of definitions"),
        ("Landlord: ____________\nTenant: Paul Berg\nThe flat is let.", False, "a label that is not"),
        (
            "Alder, Inc.\n4 Mill Road\n\nDear Ms Cole:\n\nYou asked Birch Ltd (the “Company”) for facts.",
            True,
            "a letter to a named person",
        ),
        (
            "This is made between Alder LLC, an Iowa company (the “Employer”) and              (“Employee”).",
            False,
            "one name left blank",
        ),
        ("It is entered into by existing employees of Alder and Birch.", False, "a class of people"),
        ("It is entered into by and between Alder and the Publisher.", False, "a role is no name"),
        ("I will keep the secrets of the parties hereto.", False, "boilerplate"),
        ("competition among other things, of Delphi and Cole", False, "no parties"),
        (
            "This Agreement is made between [Company] and Birch Ltd (“Recipient”).",
            False,
            "a field in brackets",
        ),
        ("This Agreement is made between {{company}} and {{client}}.", False, "fields of a template"),
        ("This Agreement is made between XYZ Company and ABC Corporation.", True, "names of samples"),
        ("This Agreement is made between XXX and YYY.", False, "letters for a name"),
        (
            "Made on 3 May between:\n\nSERVICE PROVIDER: Alder LLC, of Leeds (the “Provider”)\n\nAND\n\n"
            "CLIENT: Birch Traders, a firm of York (the “Client”)\n\nWHEREAS they agree.",
            True,
            "a role before each name",
        ),
        (
            "Made between:\n\nFOUNDERS:\n1. Ann Cole, residing at Leeds\n   No. 1234\n\n"
            "2. Paul Berg, residing at York\n\nWHEREAS they found a company.",
            True,
            "persons in a numbered list",
        ),
        (
            "## BETWEEN:\n\n**DEVELOPER**:\n\nAnn Cole\n\n**CLIENT**:\n\nMr. Paul Berg\n\n## RECITALS",
            True,
            "names below their roles",
        ),
        (
            "LEASE\n\nThe Landlord is Alder Ltd.\nThe Tenant is Birch Ltd.\nThe flat is let.",
            True,
            "sentences",
        ),
        ('1.1 "Company" means Alder Inc., of Ohio.\n1.2 "Employee" means Ann Cole.', True, "definitions"),
        (
            "BORROWER INFORMATION\nName: Ann Cole\n\nLENDER INFORMATION\nName: Alder Bank\n",
            True,
            "sections, and names",
        ),
        (
            "between Alder Pvt. Ltd. (“Vendor”) and Client Y Corporation\n(“Client”).",
            True,
            "a letter for a name",
        ),
        (
            "by and between:\n\n**Givers:** ALDER LLC, of Ohio (“LLC”), and Ann Cole, residing at Leeds.",
            True,
            "any label",
        ),
        ("Signed:\nDirector Name: Ann Cole\nDirector Name: Paul Berg\n", False, "who signs is no party"),
        ("- **Buyer:** Alder (“Buyer”)\n- **Manufacturer:** Birch, Inc. (“Manufacturer”)", True, "a list"),
        ("Vermieter: Alder GmbH, Berlin\nMieterin: Frau Dr. med. Erika Muster § 1", True, "a doctor"),
        (
            "Dear Ann Cole,\n\njoin **Alder Inc.** (the “**Company**”). "
            "**Ann Cole** (“**Consultant**”) and Alder agree.",
            True,
            "marks within the brackets",
        ),
        ("It is made between Landlord LLC (“Landlord”) and Jane Doe (“Tenant”).", True, "a role, and a form"),
        ("This is between a Delaware limited liability company and the Tenant.", False, "a form alone"),
        ("## Vermieter\n\nErika Muster\n\n## Mieter\n\nMax Beispiel\n\n## § 1", True, "headings, and names"),
        ("AGREEMENT\nBetween Alder Inc. and Birch Works\n1. SCOPE\nBirch Works works.", True, "no sentence"),
        ("between:\n\nANN COLE\n\nand\n\nPAUL BERG\n\nARTICLE 1: WORK", True, "names on lines of their own"),
        (
            "SUPPLY AGREEMENT\nBetween: Your Organization (“Buyer”)\nAnd: Alder LLC (“Supplier”)",
            False,
            "yours",
        ),
        ("1. What the Company owns. The Company owns IP (“Company IP”), and you agree.", False, "no party"),
        (
            "You and we agree.\n**DEVELOPER:**\n\nSignature: ______\n\n**CLIENT:**\n\nSignature: ______",
            False,
            "roles above lines to sign",
        ),
        (
            "Between:\n\n**Alder**\nRepresented by: Ann Cole (“Alder”)\n\nAND\n\n**Client Name:** ________\n"
            "(“Client”)\n\nIf You agree, sign.\nName: Ann Cole",
            False,
            "a representative, and a blank",
        ),
        ("Zwischen ..................... und ..................... wird vereinbart", False, "dotted lines"),
        (
            "It is by and among: (1) ALDER LIMITED, registered under number ____; and (2) BIRCH PLC.",
            True,
            "a blank that is no name",
        ),
        (
            "Dear Ann Cole,\n\nAlder Pty Ltd (“Company”) will employ you on these terms. I accept.",
            True,
            "a letter greets the other by name",
        ),
        (
            "Dear Hiring Manager,\n\nAlder Pty Ltd (“Company”) will employ you on these terms. I accept.",
            False,
            "a letter greets anybody",
        ),
        (
            "- **Buyer:** Birch (“Buyer”)\n- **Seller:** Alder Ltd. (“Seller”)\n\n"
            "Alder Ltd. sells products (“Products”).",
            True,
            "roles in a list, and one party twice",
        ),
        (
            "This agreement is made by and between Alder LLC (“Alder”) and the client identified below "
            "(“Client”). Reports by Birch and Cole are free.",
            False,
            "somebody identified below",
        ),
        (
            "It is made by and between Alder Ltd (“Alder”), of Leeds.\n\nWHEREAS Alder and Dealer agree",
            False,
            "one",
        ),
        (
            "This contract is made between Alder Ltd (the “Company”) and the “Stockholder”.",
            False,
            "who does something",
        ),
        ("Pilot-Vertrag zwischen: Alder Systeme (Bremen) und Pilot-Member", False, "the same in a compound"),
        ("This agreement is made between First Party and Second Party.", False, "counted parties"),
        (
            "Client Name: Ann Cole\nClient Company: Alder Group\nContractor Signature: ____",
            False,
            "one party twice",
        ),
        ("Lease\n\nLandlord: Alder Ltd\nTenant: Signature", False, "a label of where to sign"),
        (
            "OWNER (Landlord/Lessor): `Ann Cole`\nRESIDENT (Tenant): `Paul Berg`\n",
            True,
            "two roles in a label",
        ),
        (
            "The undersigned hereby undertakes to keep the secrets that Alder Ltd (“Alder”) and "
            "Birch Inc. (“Birch”) tell.",
            False,
            "nobody says who the undersigned is",
        ),
        (
            "I, Ann Cole, of Leeds, shall keep the secrets of Alder Ltd (the “Company”).",
            True,
            "one who declares",
        ),
        (
            "I, ________, of Leeds, shall keep the secrets of Alder Ltd (the “Company”).",
            False,
            "a blank that declares",
        ),
        (
            "NOTE\n\nThe undersigned, Ann Cole (“Maker”), promises to pay to the order of Alder Bank.",
            True,
            "a promise to pay",
        ),
        (
            "Entre les soussignés :\n\n1 – La société « Érable » SARL, à Lyon\nBailleur d'une part.\n\n"
            "Monsieur MOREL, Luc\nPreneur d'autre part.",
            True,
            "either part in French",
        ),
        (
            "Entre les soussignés :\n\n1 - Monsieur........... Né le .....\nd'une part.",
            False,
            "dots in French",
        ),
        (
            "Dear Ann Cole,\n\nWe invite you to join Alder Management Ltd as a clerk.",
            True,
            "a letter that offers employment",
        ),
        (
            "The parties sign.\n\nALDER CORPORATION BIRCH PARTNERS, L.P.\nBy: /s/ A. Cole By: /s/ P. Berg\n",
            True,
            "names beside each other above the signatures",
        ),
        ('The Tenant "Ann" shall pay the Landlord: "Paul" 900 EUR.', True, "names that a program filled in"),
        (
            "Alder AB, at Lund, and Birch Inc., at Toronto, have entered into this agreement.",
            True,
            "a subject",
        ),
        ("Alder AB, at Lund, and ________, have entered into this agreement.", False, "a subject left blank"),
        ("AGREEMENT\nbetween\nWorkers Local 71\nand\nAlder Parcels\nMay 2026", True, "a number in a name"),
        ("It is open between Monday and Friday for Alder and Birch.", False, "days"),
        *(
            (OPENING.format(date="", parties=these), named, why)
            for these, named, why in (
                ("Elm and Sons Ltd (“Builder”) and the customer named below", False, "and within a name"),
                ("Elm and Barrow Inc. and the Client", False, "and before a legal form"),
                ("Elm and Barrow plc and Alder Ltd.", True, "and within one of two names"),
                ("Ann Cole and Elm Ltd", True, "and between a person and a company"),
                ("Elm and Elm (“E&E”)", False, "one name with and"),
                ("Elm and Elm (“E&E”) and Alder Ltd", True, "one name with and, and another"),
                ("Alder Ltd and Alder Ltd", False, "one party twice"),
                ("Alder Ltd and Alder Holdings Ltd", True, "a company of the same group"),
                (
                    "Alder Ltd (“A”) and Elm Ltd (“E”), who sell in the lots and [***] set",
                    True,
                    "a redaction",
                ),
                ("Alder Ltd (“A”) and Elm Ltd (“E”), who sell in the lots and [LOTS] set", True, "lots"),
                ("Alder Ltd (“A”) and [***] (“E”)", False, "a redacted name"),
                ("Alder Ltd (“A”), Elm Ltd (“E”) and [NAME] (“F”)", False, "the third is a blank"),
                (
                    "Alder Ltd, Leeds and Elm Ltd, York and [NAME]",
                    False,
                    "the third is a blank behind a place",
                ),
                ("XXXElm KG and Alder Ltd", True, "begins with letters for a name"),
                ("TBC Elm Bank and Alder Ltd", True, "begins as what is to be confirmed"),
                ("TBC and Alder Ltd", False, "to be confirmed"),
                ("Elmer and Alder Ltd", True, "ends as one who does something"),
                ("Alder Ltd and Elmholder", False, "who holds something"),
                ("Alder Ltd and Elmer. The Elmer pays", False, "has an article in the next sentence"),
                ("Alder Ltd and Title", False, "a label on its own"),
                ("Alder Ltd and Elmer, of York; the Elmer pays", False, "has an article below"),
                ("Title Elm Company and Signature Alder Ltd", True, "begins as a label"),
                ("Alder Ltd and the Organisation for Elm Trade and Growth", True, "an organisation for"),
            )
        ),
        ("The lease is made by Elm Forms and Alder Sheets.\n\nTenant: ____", False, "who made the form"),
        ("It is made by Elm Ltd (“Landlord”) and Ann Cole (“Tenant”).", True, "made by those with roles"),
        ("Vertrag zwischen Verleiher und Entleiher. Der Verleiher und der Entleiher", False, "German"),
        ("Grade I, Elm, and Alder, are sold.", False, "a numeral"),
        (
            "Parties\nCarrier: Alder Freight\nShipper: Birch Mills\n\nRates",
            True,
            "any label, below a heading",
        ),
        ("## Parties\n\n**Carrier:** Alder Freight\nEmail: Elm@a.example", False, "what else is said of one"),
        ("Parties: Alder Freight and Birch Mills Ltd.\nDate: May 2, 2026\nRATES AND DUES:", True, "a line"),
        ("Made between Alder Ltd. and SELLER, a TYPE OF COMPANY.", False, "a role in capitals"),
        ("Parties\nClient: ______\nProject: Garden Wall\nGoverning Law: Ohio\n\nWork", False, "no names"),
        ("Contract\nThird Parties: Alder Ltd and Birch Ltd.\n", False, "others"),
    ],
)
def test_two_parties_are_named(text: str, named: bool, why: str) -> None:
    assert [one.verdict for one in two_named(RuleInput(text))] == ["pass" if named else "review"], why


def test_both_names_are_shown_or_the_blank() -> None:
    def shown(text: str) -> list[str]:
        spans = [one.span for one in two_named(RuleInput(text))]
        return [text[slice(*span)] for span in spans if span]

    assert shown("A lease between Ann Cole, Leeds, and Paul Berg.") == ["Ann Cole, Leeds, and Paul Berg"]
    assert shown("A lease between Ann Cole and [TENANT NAME].") == ["[TENANT NAME]"]


def test_many_names_in_quotation_marks_cost_no_time() -> None:
    text = "".join(
        f'The Tenant "{"".join(name)}" pays. ' for name in islice(permutations(ascii_uppercase, 5), 100_000)
    )
    started = monotonic()
    two_named(RuleInput(text))
    assert monotonic() - started < 2


def test_a_name_ends_where_the_next_label_begins() -> None:
    text = "Landlord: Ann Cole        Date: 3 May 2026\nTenant: Paul Berg Owner: Cy Dahl\n"
    named = [text[found.start : found.end] for found in parties(RuleInput(text))]
    assert named[:2] == ["Ann Cole", "Paul Berg"]
    text = "Made between:\n\nEMPLOYER: Alder Ltd\nID Number: 12\n\nand\n\nEMPLOYEE: Ann Cole\nID Number: 13\n"
    assert [text[found.start : found.end] for found in parties(RuleInput(text))] == ["Alder Ltd", "Ann Cole"]


@pytest.mark.parametrize(
    ("text", "day", "why"),
    [
        (
            OPENING.format(date="as of the 5th day of May, 2024,", parties="A and B"),
            "5th day of May, 2024",
            "words",
        ),
        (OPENING.format(date="as of           , 2008,", parties="A and B"), None, "a blank"),
        ("May 5, 2024\n\nDear Ms Cole:\n\nWe agree.", "May 5, 2024", "the date of a letter"),
        ("Agreed.\n\nDate: 3.26.01\nBy: /s/ Ann Cole", "3.26.01", "beside a signature"),
        ("Das Mietverhältnis beginnt am 01.01.2019.", "01.01.2019", "German"),
        ("Le contrat prend effet le 1er mars 2026.", "1er mars 2026", "French"),
        (
            "We follow the Rights Agreement, dated as of January 12, 2011, with the bank.",
            None,
            "another document's",
        ),
        (
            OPENING.format(date="as of November     , 2005,", parties="A and B")
            + "\n\nBy: /s/ Ann\nDate: May 2005",
            None,
            "its day is left blank, and that beside the signature has none",
        ),
        (
            OPENING.format(date="as of November __, 2005,", parties="A and B")
            + "\n\nDate: the tenth day of May, 2005",
            "tenth day of May, 2005",
            "left blank, but a day beside the signature",
        ),
        ("NDA of A and B.\n\nBy: /s/ Ann Cole\nDate: May 2005", "May 2005", "a month, nothing left blank"),
        ("They agree, effective as of the first day of employment.", None, "a day that nobody can tell"),
        ("The certificate of the Vendor has EXPIRED as of March 2026.", None, "how something else stands"),
        (
            "NDA of A and B.\n"
            + "It binds us. " * 300
            + "\nIn witness whereof we sign.\n\nEXHIBIT\n\nLAST UPDATED MAY 21, 2018",
            None,
            "an exhibit",
        ),
        ("NDA form\n\nJanuary 2017\n\nThis NDA is made on this ….. Day (date) of……", None, "issue of a form"),
        ("# Contract model\n\n## 2024-07-31-preview\n\nFields", None, "a version"),
        ("NDA, issue 2\n\nMay 2017\n\nIt is in force on the date of its signing.", None, "binds when signed"),
        (
            "Contract\n\nMay 2013\n\nThis Agreement is effective on May 9, 2013.",
            "May 9, 2013",
            "a month is last",
        ),
        (
            "# NOTE\n\n$5,000.00    03/02/2026\n\nI promise to pay.",
            "03/02/2026",
            "behind the amount of a note",
        ),
        ("# LEASE\n\nThe lease expires\non May 2, 2027\n\nRent is due.", None, "the end of a sentence"),
        ("# NOTE\n\n12345 May 2, 2024\n\nI promise to pay.", None, "behind a number"),
        ("Rent is due.\n\nThe agreement is effective only until May 2, 2027.", None, "until then"),
        ("Loan agreement\n5,000 EUR   May 2, 2024\n\nI pay.", "May 2, 2024", "behind an amount"),
        ("On 03/02/2026, a loan was made.", None, "a day in the first sentence"),
        ("Rent is due.\n\nThe lease is effective as of May 2, 2026.", "May 2, 2026", "it is effective"),
        ("I let it for a term of six months beginning on May 2, 2026.", "May 2, 2026", "its term begins"),
        ("Loan\n\n2/8/26, 12:37 PM a.example/loan.htm\n\nThe loan.", None, "the day of a print"),
    ],
)
def test_effective_dates(text: str, day: str | None, why: str) -> None:
    found = first(effective_dates, text)
    assert found is None if day is None else found is not None and found.endswith(day), why


@pytest.mark.parametrize(
    ("text", "signed"),
    [
        ("They agree.\nIN WITNESS WHEREOF the parties have executed it.\n\nALDER LLC   BIRCH LTD", True),
        ("They agree.\nIN WITNESS WHEREOF the parties have executed this Agreement.\n\n4", False),
        ("They will not harm us by:\n\n* taking our clients", False),
        ("Ort / Datum\nVermieter   Mieter", True),
        ("They agree.\nBy: ______________", True),
        ("Fait à Lyon, le 3 mai 2026, en deux exemplaires", True),
        ("Ort, Datum    Unterschrift", True),
        ("The letter is signed and sealed in their minds.", False),
        ("Title to the goods passes on delivery.", False),
        ("Er erkennt sie mit seiner\nUnterschrift an.", False),
        ("Er erkennt sie an.\nUnterschrift des Mieters", True),
    ],
)
def test_signature_lines(text: str, signed: bool) -> None:
    assert (first(signature_lines, text) is not None) is signed


def test_an_empty_line_to_sign_is_shown_by_what_stands_above_it() -> None:
    assert first(signature_lines, "FOR THE TENANT:\n\n____________________\nAnn Cole") == "FOR THE TENANT:"
    # A blank of a form below is none where the place to sign has a label.
    text = "Ort, Datum\nVermieter   Mieter\n\nSo erreichen Sie uns:\n____________________"
    assert first(signature_lines, text) == "Ort, Datum"


@pytest.mark.parametrize(
    ("matcher", "text", "expected", "why"),
    [
        (trader_addresses, "Shop SAS, siège social : 14 rue du Port, 35000 Rennes", True, "a French seat"),
        (trader_addresses, "Betreiber: Shop GmbH, Hafenstraße 12, 20457 Hamburg", True, "a German street"),
        (trader_addresses, "Shop GmbH, Cremon 32, 20457 Hamburg", True, "a street of another name"),
        (trader_addresses, "Shop, Vieux chemin des Aulnes, 35000 Rennes", True, "a street without a number"),
        (trader_addresses, "Shop AB, with address Hamngatan 33 Visby", True, "what is called one"),
        (trader_addresses, "Register with the address of your home, Hamngatan 33 Visby", False, "a reader's"),
        (trader_addresses, "Last updated: January 21, 2026 This agreement", False, "a date"),
        (trader_addresses, "Shop, Inc., 1201 Marina Parkway, Alameda, CA 94501", True, "an American one"),
        (trader_addresses, "servers located at https://shop.example", False, "an address of another kind"),
        (trader_addresses, "Wir liefern an die Lieferadresse Hafenstraße 12", False, "where goods go"),
        (trader_addresses, "Weide e.U., Mühlbach 4, 4810 Gmunden, Österreich", True, "an Austrian village"),
        (trader_addresses, "Vrba s.r.o., Lipová 5/2, 821 08, Slovak Republic", True, "a code of two parts"),
        (trader_addresses, "Wilg B.V., having its office at De Prinsengracht 7", True, "a Dutch street"),
        (
            trader_addresses,
            "Return goods to:\n\nWillow Ltd, 4 Mill Road, Cork",
            False,
            "above it, with a colon",
        ),
        (
            trader_addresses,
            "Our EU representative is Alder BV, 4 Mill Road, Cork",
            False,
            "a representative's",
        ),
        (trader_addresses, "Attn: Cancellations, P.O. Box 4, Cork", False, "for cancellations"),
        (
            trader_addresses,
            "Saule SA (siège social : 4 rue du Port, 35000 Rennes), distributeur du service",
            False,
            "a distributor's",
        ),
        (sold_in_the_union, "Es gilt § 312g BGB.", True, "German law"),
        (sold_in_the_union, "These terms are governed by the laws of Ohio.", False, "no European law"),
        (for_consumers, "Terms of Service\n\nYou may buy books here.", True, "nothing says otherwise"),
        (for_consumers, "Advertiser Terms of Service\n\nYou may run ads.", False, "its title"),
        (for_consumers, "Terms\n\nOur services are offered only to businesses.", False, "its text"),
        (for_consumers, "Terms\n\nThis tool is strictly for internal company use.", False, "for its staff"),
        (for_consumers, "Terms\n\n- Must be a licensed notary practice", False, "who may register"),
        (for_consumers, "Terms\n\nAlder is a business-to-business booking platform.", False, "of its kind"),
        (for_consumers, "Terms\n\nYou, the company you represent, agree to this.", False, "a company's"),
        (for_consumers, "Terms\n\nYou or the company you represent agree to this.", True, "anybody's"),
        (for_consumers, "Terms\n\n“Authorized Users” means your employees.", False, "of an employer"),
        (for_consumers, "AGB\n\nSie zahlen je beschäftigten Mitarbeiter.", False, "of a German employer"),
        (
            for_consumers,
            "Terms of Use\n\nYou use it solely for your internal business purposes.",
            False,
            "for work",
        ),
        (
            for_consumers,
            "Terms of Use\n\nYou use it for your business purposes or at home.",
            True,
            "or at home",
        ),
        (for_consumers, "Terms of Use\n\nYou, the entity executing this agreement, pay.", False, "an entity"),
        (
            for_consumers,
            "Conditions de vente\n\nLe Client est une personne agissant à titre professionnel.",
            False,
            "trade",
        ),
        (
            for_consumers,
            "Conditions de vente\n\nLe Client n'est pas une personne agissant à titre personnel.",
            True,
            "not said",
        ),
        (
            for_consumers,
            "Conditions de vente\n\nClients agissant à titre professionnel, ou à des fins privées.",
            True,
            "both",
        ),
        (
            for_consumers,
            "Conditions de vente\n\nEntre Saule et tout client professionnel qui souscrit.",
            False,
            "a trade's",
        ),
        (
            for_consumers,
            "AGB von Saule\n\nDiese AGB gelten nur gegenüber Unternehmern, Ihr Saule.",
            False,
            "traders",
        ),
        (
            for_consumers,
            "AGB von Saule\n\nVerbraucher sind von der Nutzung ausgeschlossen, Sie auch.",
            False,
            "traders",
        ),
        (
            for_consumers,
            "Home | Terms of Service | Jobs\n\nThis privacy policy is yours. You read this privacy policy.",
            False,
            "a privacy policy below a menu",
        ),
        (
            for_consumers,
            "Conditions de vente\n\nLe Client déclare ne pas agir à titre professionnel.",
            True,
            "denied",
        ),
        (
            for_consumers,
            "Conditions de vente\n\nPour les consommateurs et toute personne agissant à titre professionnel.",
            True,
            "both",
        ),
        (
            for_consumers,
            "Conditions de vente\n\nTout consommateur ou tout professionnel qui souscrit. Vous payez.",
            True,
            "both",
        ),
        (
            for_consumers,
            "Terms of Use\n\nYou may not use the app for your business purposes.",
            True,
            "denied",
        ),
        (
            for_consumers,
            "AGB von Saule\n\nDie Absätze 3 und 4 gelten nur gegenüber Unternehmern. Sie zahlen.",
            True,
            "a part",
        ),
        (
            for_consumers,
            "AGB\n\nSind Sie Verbraucher, so sind diese Rechte nicht ausgeschlossen. Sie zahlen.",
            True,
            "rights",
        ),
        (
            for_consumers,
            "Terms\n\nThe app is not offered to the general public. You log in.",
            False,
            "own use",
        ),
        (
            for_consumers,
            "Terms\n\nA website operated by the Ministry of Roads for you.",
            False,
            "a ministry's",
        ),
        (
            for_consumers,
            "Conditions générales\n\nL'Institut national des arbres a pour mission d'aider les usagers.",
            False,
            "a French institute's",
        ),
        (
            for_consumers,
            "Terms of Service\n\nAlder offers route plans for haulage firms. Keep your business plans safe. "
            "You may use it for your business purposes.",
            False,
            "a service for a trade",
        ),
        (
            for_consumers,
            "Terms of Service\n\nAlder offers route plans for haulage firms and individuals. "
            "You may use it for your business purposes.",
            True,
            "or for anybody",
        ),
        (
            for_consumers,
            "Terms of Service\n\nAlder offers plans for firms. You use it for your business purposes. "
            "If you are a consumer, you keep your rights.",
            True,
            "consumers are named",
        ),
        (for_consumers, "Terms\n\n“Customer” means the entity that signs. You pay.", False, "an entity"),
        (
            for_consumers,
            "Terms\n\n“Customer” means the entity that signs, or the individual. You pay.",
            True,
            "or no entity",
        ),
        (for_consumers, "Terms\n\nYou pay." + " Customer signs an Order Form." * 5, False, "order forms"),
        (for_consumers, "Terms\n\nYou may use it for internal notes.", True, "a note of one's own"),
        (sold_in_the_union, "We do not knowingly target users in the EU.", False, "not meant for them"),
        (sold_in_the_union, "We never market to children in the EU.", True, "to others there it does"),
        (sold_in_the_union, "We do not target users in the EU with advertisements.", True, "used there"),
        (holds_no_data, "L'éditeur ne détient en pratique aucune donnée vous concernant.", True, "none"),
        (holds_no_data, "L'éditeur ne vend aucune donnée vous concernant.", False, "none is sold"),
        (
            holds_no_data,
            "The app works entirely offline and does not collect any personal data.",
            True,
            "offline",
        ),
        (
            holds_no_data,
            "L'app fonctionne hors ligne et ne collecte aucune donnée.",
            True,
            "offline, in French",
        ),
        (
            holds_no_data,
            "The app works offline and collects data when you go online.",
            False,
            "collected later",
        ),
        (for_consumers, "Bedingungen\n\nDer Shop richtet sich nur an Unternehmer.", False, "German"),
        (
            for_consumers,
            "AGB\n\nDer Shop richtet sich nur an Handwerk, Unternehmen und Vereine. Sie zahlen.",
            False,
            "a list",
        ),
        (
            for_consumers,
            "Conditions générales\n\nVous payez. Ils sont réservés aux :\n\n"
            "Associations\nPersonnes agissant dans le cadre de leur activité professionnelle",
            False,
            "a list below a colon",
        ),
        (
            for_consumers,
            "Conditions générales\n\nVous payez. Ils sont réservés aux :\n\nPersonnes majeures",
            True,
            "grown-ups",
        ),
        (for_consumers, "Terms of Use\n\nYou pay. We lend only to businesses.", False, "to whom they lend"),
        (
            for_consumers,
            "Terms of Use\n\nYou pay. It is not intended for use by, nor owed to, consumers.",
            False,
            "not for them",
        ),
        (
            for_consumers,
            "Conditions générales\n\nVous payez. Elles sont le socle unique de la relation commerciale.",
            False,
            "what a French supplier owes a trader",
        ),
        (
            for_consumers,
            "Terms of Funding\n\nThese terms are made between the Lark Foundation and projects it has; "
            "your users",
            False,
            "a sponsor",
        ),
        (for_consumers, "Terms\n\nThe accommodation shall pay Alder a commission.", False, "a hotel's"),
        (
            for_consumers,
            "Last modified on 1 May\n\n**Developer Services Agreement**\n\nYou may.",
            False,
            "2nd line",
        ),
        (for_consumers, "These Commercial Terms bind you.", False, "what they call themselves"),
        (
            for_consumers,
            "Conditions\n\nOffre destinée aux personnes morales. Vous acceptez.",
            False,
            "French",
        ),
        (
            for_consumers,
            "Terms of Use\n\n[Partner Terms](/partners)\n\nYou may buy books here.",
            True,
            "a link",
        ),
        (for_consumers, "General Purchase Conditions\n\nYou deliver the goods.", False, "of who buys"),
        (for_consumers, "Alder\n\nPrivacy Policy\n\nBy your use you agree to the terms.", False, "no terms"),
        (
            for_consumers,
            "Law Enforcement Guidelines\n\nThe terms of use of members.",
            False,
            "for authorities",
        ),
        (for_consumers, "MIT License\n\nPermission is hereby granted, free of charge", False, "a licence"),
        (
            for_consumers,
            "Gesetz über die Miete\n\n§ 1 Bedingungen ändert der Bund; Kunden",
            False,
            "a statute",
        ),
        (for_consumers, "CONTRAT DE LOCATION\n\nVous payez selon ces conditions.", False, "a French lease"),
        (for_consumers, "A recipe\n\nYou boil the soup for an hour.", False, "no terms at all"),
        (for_consumers, "Conditions générales\n\nVous pouvez commander.", True, "French terms"),
        (made_by_parties, "NDA\n\nThe parties agree.", True, "an agreement"),
        (made_by_parties, "Alder Public License 1.0\n\nYou agree to copy it.", False, "to everybody"),
        (made_by_parties, "Licence\n\nIt is made between Alder and Birch; the Work is free.", True, "of two"),
        (made_by_parties, "Code minier\n\nArticle L100-1\n\nLes parties et le contrat", False, "a code"),
        (
            made_by_parties,
            "Exhibit A\nTo the NDA of Alder and Birch\n\nAnn May\nPaul Berg",
            False,
            "a list of names",
        ),
        (
            made_by_parties,
            "Exhibit A to the Plan\n\nNDA\n\nEach party shall keep it secret.",
            True,
            "an agreement",
        ),
        (
            made_by_parties,
            "NDA\n\nTable of Contents\n1. Term 2\n2. Law 3",
            False,
            "a table of contents alone",
        ),
        *(
            (made_by_parties, f"{opening} So the parties have agreed.", False, "one side gives it")
            for opening in (
                'Repurchase Election Notice\n\nAlder (the "Company") delivers this notice to Ann Cole.',
                "Instructions\n\nThese instructions are given by the undersigned officer to the Secretary.",
                "Notice of Covenants\n\n### This Agreement May Restrict You\n\n"
                "The employer is providing this notice about the contract.",
                "Survival Confirmation\n\nThis Confirmation is delivered by Ann Cole to Alder.",
                "Board Consent\n\nThe undersigned hereby adopt the following resolutions.",
            )
        ),
        (
            made_by_parties,
            "Confirmation\n\nThis Confirmation is given by Alder. In consideration of the fee, Birch agrees.",
            True,
            "a promise for a promise",
        ),
        (
            made_by_parties,
            "Confirmation\n\nThis Confirmation is sent by Alder. Each party shall pay the other.",
            True,
            "mutual promises",
        ),
        (whole_agreement, "Amendment No. 1 to NDA\n\nSection 3 shall read so.", False, "an amendment"),
        (whole_agreement, "NDA\n\nAmendments of it shall be in writing.", True, "an agreement"),
        (not_titled_form, "FORM OF NON-DISCLOSURE AGREEMENT\n\nBetween Alder and ____", False, "a form"),
        (not_titled_form, "FORM OF NON-DISCLOSURE AGREEMENT\n\n/s/ Ann Cole", True, "a form that was signed"),
        (not_titled_form, "NDA\n\nIn the form of a letter", True, "no title"),
        (of_supplies, "Supply Agreement\n\nGoods.", True, "goods"),
        (of_supplies, "Share Purchase Agreement\n\nShares.", False, "shares"),
        (employed_in_europe, "Der Arbeitnehmer erhält Lohn.", True, "German"),
        (employed_in_europe, "The laws of the State of Texas govern.", False, "no European law"),
        (data_protection_law, "as the GDPR demands", True, "by its name"),
        (data_protection_law, "as California law demands", False, "another law"),
    ],
)
def test_which_law_applies(matcher: Matcher, text: str, expected: bool, why: str) -> None:
    assert (first(matcher, text) is not None) is expected, why


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [
        ("the State of New York", "the State of New Jersey", True),
        ("the State of New York", "New York without regard to its conflicts", False),
        ("THE STATE OF NEW YORK WITHOUT REGARD TO CONFLICTS", "the State of New York", False),
        ("Virginia", "West Virginia", True),
        ("the Federal Republic of Germany", "Germany", False),
        ("Hong Kong", "Hong Kong Special Administrative Region", False),
        ("England and Wales", "England", False),
        ("North Carolina", "South Carolina", True),
    ],
)
def test_the_whole_name_of_a_place_is_compared(one: str, other: str, differ: bool) -> None:
    text = f"This deed is governed by the laws of {one}. Clause 9. It is governed by the laws of {other}."
    assert (first(conflicting_laws, text) is not None) is differ


@pytest.mark.parametrize(
    ("other", "differ"),
    [
        ("Für die Anlage gilt österreichisches Recht.", True),
        ("Für die Anlage gilt deutsches Recht.", False),
        ("This annex is governed by the laws of Austria.", True),
        ("Users located in Austria: it is governed by the laws of Austria.", False),
        ("Unless the user is elsewhere, the laws of Austria govern.", False),
    ],
)
def test_a_law_for_some_readers_conflicts_with_none(other: str, differ: bool) -> None:
    text = f"Dieser Vertrag unterliegt deutschem Recht. {other}"
    assert (first(conflicting_laws, text) is not None) is differ


@pytest.mark.parametrize(
    ("text", "found", "why"),
    [
        ("Alder shall not be liable for any direct damages from unauthorised use.", True, "all damage"),
        (
            "Alder is not liable for all losses, as far as applicable law permits.",
            True,
            "law permits it, perhaps",
        ),
        ("Alder shall not be liable for any loss, except for intent.", True, "intent is no injury"),
        ("Alder haftet nicht für Schäden, außer bei Vorsatz.", True, "German"),
        ("Alder accepts no liability for any direct loss.", True, "in other words"),
        ("Alder shall not be liable for any loss of your passwords.", False, "one sort of loss"),
        (
            "To the extent permitted by law, Alder is not liable for any indirect or consequential losses.",
            False,
            "indirect loss alone, as far as the law permits",
        ),
        ("Alder is not liable for any indirect losses or any direct damages.", True, "direct loss, too"),
        (
            "Alder is not liable for any loss. Nothing in it limits liability for death.",
            False,
            "kept for death",
        ),
        ("Alder haftet nicht für Schäden; die Haftung für Leben und Körper bleibt.", False, "kept in German"),
        ("Our total liability is limited to the sums paid by you.", True, "one sum for everything"),
        (
            "Alder is not liable for any indirect, special or punitive damages from content.",
            True,
            "all sorts",
        ),
        ("Neither Alder nor its suppliers will be liable to you for any direct damages.", True, "nor others"),
        ("Alder will have no liability to you for any loss.", True, "no liability"),
        ("Alder has no liability to you for any loss of profit.", False, "profit is no injury"),
        ("Alder is only liable for damage that is caused by gross negligence.", True, "not for negligence"),
        ("Wir haften nur für vorsätzlich verursachte Schäden, nicht für entgangenen Gewinn.", True, "intent"),
        ("Wir übernehmen keine Haftung für Schäden.", True, "no liability, in German"),
        ("Die Gesamthaftung ist auf den Preis beschränkt.", True, "one sum, in German"),
        ("L'éditeur ne saurait être tenu responsable : - des dommages indirects.", True, "a French list"),
        ("Alder is not liable for any losses, injuries or damages from content.", True, "injury is named"),
        (
            "Alder has no liability to you for any loss of profits or any direct damages.",
            True,
            "more than that",
        ),
        (
            "Alder haftet unbeschränkt in allen Fällen, in denen ihm Vorsatz zur Last fällt.",
            False,
            "no limit",
        ),
        ("Wir haften nicht nur bei Vorsatz, sondern für alles.", False, "not only, in German"),
        ("We are not only liable for gross negligence but for all.", False, "not only"),
        ("Fire is rare. You are only liable for deliberate acts.", False, "the reader's liability"),
        ("You have no liability for any loss from a stolen card.", False, "the reader's liability"),
        ("Alder is not liable for any damage caused by improper use of the lamp.", False, "the user's fault"),
        (
            "Alder is not liable for any damage, including damage caused by improper use.",
            True,
            "and all else",
        ),
        ("Alder is not liable for any loss from use, improper use or inability to use it.", True, "all use"),
    ],
)
def test_liability_shut_out(text: str, found: bool, why: str) -> None:
    assert (first(liability_shut_out, text) is not None) is found, why


def test_liability_that_the_original_keeps_is_not_shut_out_in_a_translation() -> None:
    text = "Alder is only liable for damage that is caused by intent."
    kept = "Alder haftet nur bei Vorsatz. Alder haftet auch bei Verletzung des Lebens."
    none = "Die Haftung für alles, auch für Leben, Körper und Gesundheit, ist ausgeschlossen."
    assert list(liability_shut_out(RuleInput(text, "terms_of_service", translated=True)))
    assert not list(liability_shut_out(RuleInput(text, "terms_of_service", translated=True, original=kept)))
    assert list(liability_shut_out(RuleInput(text, "terms_of_service", translated=True, original=none)))


def test_a_reason_for_a_change_may_be_lost_in_translation() -> None:
    english = "We may change the terms if a weighty cause asks for it."
    german = "Wir können die Bedingungen aus triftigem Grund ändern."
    assert not list(safe_changes(RuleInput(english)))
    assert list(safe_changes(RuleInput(english, original=german)))
    assert not list(
        safe_changes(RuleInput(english, original=german + " Wir können Preise jederzeit ändern."))
    )


@pytest.mark.parametrize(
    "text",
    [
        "Nous pouvons modifier les tarifs. Vous payez le prix indiqué lors de la prise de rendez-vous.",
        "We may change our tariffs. You pay the price quoted at the time of booking.",
        "We may change our tariffs. You pay that in force at the time of validation of the order.",
        "Nous pouvons modifier les CGV. Elles s'appliquent à toute commande passée après leur parution.",
        "We may change the terms. The new ones apply to any order placed after that.",
        "Nous pouvons modifier les CGV. Celles du jour où vous passez commande s'appliquent.",
        "Nous pouvons modifier les CGV. Celles de la date de réservation s'appliquent.",
        "Nous pouvons modifier les tarifs, sans effet rétroactif sur les abonnements.",
        "Wir können die AGB ändern. Es gelten jene zum Zeitpunkt Ihrer Bestellung.",
        "We may amend these terms where there is a valid reason.",
    ],
)
def test_a_change_that_binds_later_orders_alone_is_safe(text: str) -> None:
    assert list(safe_changes(RuleInput(text)))


def test_a_change_after_the_day_of_the_order_is_not_safe() -> None:
    text = "Nous pouvons modifier les CGV à tout moment, même après la date de souscription."
    assert not list(safe_changes(RuleInput(text)))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("End User License Agreement\n\nThe lamp contains embedded software.", False),
        ("End User License Agreement\n\nYou download the software and pay.", True),
        ("Terms of Sale\n\nThe lamp contains embedded software.", True),
    ],
)
def test_who_licenses_what_is_built_in_sells_nothing(text: str, found: bool) -> None:
    assert (first(open_to_withdrawal, text) is not None) is found


@pytest.mark.parametrize(
    "text",
    [
        "We may close your account at any time where you have broken these terms or violated them.",
        "We may close your account at once for conduct that we think harms others.",
    ],
)
def test_who_is_shut_out_for_a_breach_is_not_at_the_mercy_of_the_trader(text: str) -> None:
    assert list(ended_for_breach(RuleInput(text)))


def test_the_widest_exclusion_of_liability_comes_first() -> None:
    text = "We are not liable for any loss from a late parcel. Our total liability is limited to 100 euros."
    assert first(liability_shut_out, text) == "total liability is limited"


def test_an_annex_of_definitions_is_no_agreement_on_processing() -> None:
    duties = (
        "The Processor shall follow the Controller's instructions. Its staff must keep data confidential."
        " It shall not engage a subprocessor without consent. It shall take technical and organisational"
        " measures."
        " It shall help with requests of data subjects and shall report a breach."
    )
    terms = '"Breach", "audit", "subprocessor" and "confidential" have the meaning of the Agreement.'
    assert first(processing_terms, duties) is not None
    assert first(processing_terms, terms) is None
    separate = "For processing subject to GDPR the parties must sign the controller terms before it begins."
    assert first(processing_terms, f"{duties} {separate}") is None


@pytest.mark.parametrize(
    ("text", "alone", "why"),
    [
        (OPENING.format(date="on 3 May 2026", parties="Alder Inc. and Birch Ltd."), True, "a contract"),
        (
            "STATEMENT OF WORK\n\nThis Statement of Work is issued to and made part of that Agreement.",
            False,
            "of another",
        ),
        ("This Order Form is entered into under the Master Agreement of 3 May 2026.", False, "of another"),
        (
            "-8-\n\n11.6. COUNTERPARTS. This Agreement may be executed in counterparts.",
            False,
            "from the middle",
        ),
        (
            "LEASE\n\n1.1. PREMISES. The flat at 3 Oak Street.\n\n11.6. COUNTERPARTS. In two.",
            True,
            "from the start",
        ),
        ("This Agreement and Exhibit A, which is attached, bind the parties.", True, "it has an exhibit"),
        (
            "# Service Level Agreement\n\n99.9% of a month. Credits are the only remedy.",
            False,
            "service levels",
        ),
        ("Elm SLA\n\nThis SLA is part of the agreement between Elm Ltd and Customer.", False, "part of one"),
        ("Work Statement 2 is entered into pursuant to the Services Agreement.", False, "a work statement"),
        ("Exhibit 9 JOINT FILING STATEMENT We agree to file this Agreement.", False, "a filing, on one line"),
    ],
)
def test_a_part_of_a_contract_is_not_asked_what_the_rest_says(text: str, alone: bool, why: str) -> None:
    assert (first(stands_alone, text) is not None) is alone, why
