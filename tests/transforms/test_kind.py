"""Kinds: wording and layout propose, the head decides; what is of no kind stays so. The texts are ours."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree

from docassay import domains
from docassay.models import catalog
from docassay.models.document_head import DocumentHead
from docassay.schemas.rows import UNKNOWN, Source
from docassay.transforms.detect import detect, is_mail
from docassay.transforms.document import Document
from docassay.transforms.formats import Limits
from docassay.transforms.formats.invoice_data import kind_of
from docassay.transforms.kind import NONE, among, features, head_of_kinds, predict_kind, wording
from docassay.transforms.parse import parse
from docassay.transforms.see import see


def titled(domain: str, text: str) -> list[str]:
    return [kind.name for kind in domains.load(domain).titled(None, text)]


def parsed(text: str, media_type: str = "text/plain", title: str | None = None) -> Document:
    return Document("0" * 64, "memory:", text, media_type, title)


OPERATION = """PREOPERATIVE DIAGNOSIS: Torn meniscus, left knee.

POSTOPERATIVE DIAGNOSIS: Same.

PROCEDURE PERFORMED: Arthroscopy of the left knee.

ANESTHESIA: General.

DESCRIPTION OF PROCEDURE: After consent the leg was prepped and draped in the usual sterile fashion. Two
portals were made. The torn part was trimmed with a shaver. The portals were closed with nylon. The patient
tolerated the procedure well.
"""
SCAN = """EXAM: CT of the chest with contrast.

CLINICAL HISTORY: Cough for six weeks.

TECHNIQUE: Axial images were obtained after intravenous contrast.

FINDINGS: The lungs are clear. No pleural effusion. The heart is normal in size. No enlarged lymph nodes.

IMPRESSION: No acute abnormality.
"""
ARZTBRIEF = """Klinik für Innere Medizin

Sehr geehrte Frau Kollegin,

wir berichten über Herrn Karl Beispiel, geb. 3.4.1950, der sich vom 2.5.2024 bis 9.5.2024 in unserer
stationären Behandlung befand.

Diagnosen:
Pneumonie rechts
Arterielle Hypertonie

Therapie und Verlauf:
Unter Antibiose rasche Besserung. Die Entlassung erfolgte in gutem Allgemeinzustand.

Medikation bei Entlassung:
Ramipril 5 mg 1-0-0

Mit freundlichen kollegialen Grüßen
Dr. Muster
"""
ORDONNANCE = """Dr Hélène Exemple
Médecine générale

ORDONNANCE

Mme Test, le 4 mars 2024

AMOXICILLINE 1 g : 1 comprimé trois fois par jour pendant 7 jours
PARACETAMOL 1 g si douleurs
Non substituable
"""
OPERATOIRE = """COMPTE RENDU OPÉRATOIRE
Indication : lithiase vésiculaire
Intervention : cholécystectomie par cœlioscopie
Anesthésie : générale
Patient installé en décubitus dorsal. Mise en place des trocarts sous contrôle de la vue. Dissection du
pédicule. Hémostase soigneuse. Fermeture plan par plan.
"""
RECHNUNG = """Muster GmbH
Beispielweg 3, 50667 Köln

Rechnung Nr. 2024-117
Datum 12.04.2024
Kundennummer 5512

Pos. Bezeichnung Menge Einzelpreis Gesamt
1 Wartung 2 80,00 160,00
Nettobetrag 160,00
zzgl. 19 % MwSt. 30,40
Rechnungsbetrag 190,40
Zahlbar innerhalb von 14 Tagen ohne Abzug.
"""
AVOIR = """Atelier Exemple SARL
AVOIR n° 212
Date 03.02.2024
Client : Société Test
Retour de marchandise, facture n° 198
Chaise 1 90,00 90,00
Total HT 90,00
TVA 20 % 18,00
Net à déduire 108,00
"""
ORDER = """PURCHASE ORDER
P.O. No. 44871
Date 5 May 2024
Vendor: Example Supplies Ltd
Ship to: Gate 2, Sample Works, Leeds

Item Quantity Price Total
Steel bolts 200 0.10 20.00
Order total 20.00
Please confirm this order. Requested delivery date 20 May 2024
"""
RECEIPT = """CORNER SHOP
12 High Street
05/05/2024 10:14
Milk 1 l 1.20
Bread 2.10
TOTAL 3.30
CASH 5.00
CHANGE 1.70
Thank you, please come again
"""
PRIVACY = """# Example Privacy Notice

Last updated: May 2024

## Information we collect
We collect personal data that you give us, and data about your use of the service.

## How we use your information
We use personal data to provide the service and to answer you. Our legal basis is our legitimate interest.

## Your rights
You have the right to access, rectification and erasure. Our data protection officer answers requests.

## Retention
We retain data for two years.
"""
COOKIES = """# Cookie Policy

## What are cookies?
Cookies are small text files stored on your device. We use session cookies, persistent cookies and third-party
cookies, and similar technologies such as pixels and local storage.

## Managing cookies
You can disable or delete cookies in your browser.
"""
PAYSLIP = """Muster GmbH
Entgeltabrechnung Mai 2024
Personalnummer 1042   Steuerklasse 1   SV-Nummer 12 345678
Grundgehalt 3.450,00
Gesamtbrutto 3.450,00
Lohnsteuer 470,16
Krankenversicherung 281,18
Rentenversicherung 320,85
Auszahlungsbetrag 2.160,22
"""
LICENCE = """Permission is hereby granted, free of charge, to any person obtaining a copy of this software, to
use, copy, modify and distribute it, provided that this notice is kept in all copies or substantial portions
of the software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND. IN NO EVENT SHALL THE AUTHORS BE LIABLE FOR
ANY CLAIM OR DAMAGES ARISING FROM THE USE OF THE SOFTWARE.
"""
ACT = """Gesetz über die Beförderung von Fahrrädern

§ 1 Geltungsbereich
(1) Dieses Gesetz gilt für die Beförderung von Fahrrädern in Zügen.
(2) Das Bundesministerium wird ermächtigt, durch Rechtsverordnung mit Zustimmung des Bundesrates
Näheres zu regeln.

§ 2 Ordnungswidrigkeiten
Ordnungswidrig handelt, wer vorsätzlich oder fahrlässig entgegen § 1 Absatz 2 ein Fahrrad befördert.

§ 3 Inkrafttreten
Dieses Gesetz tritt am Tag nach der Verkündung in Kraft.
"""
DECIDED = """Baker v. Lowland Dairy Co.

Per curiam. The plaintiff slipped on spilled milk and sued the dairy. The trial court entered judgment on the
verdict of the jury, and the defendant appeals. It argues that its motion for a new trial ought to have been
granted. We review that ruling for abuse of discretion and find none.

The judgment of the trial court is affirmed.
"""
URTEIL = """Landgericht Bonn
Im Namen des Volkes
Urteil

Die Klage wird abgewiesen. Die Kosten des Rechtsstreits trägt der Kläger.

Tatbestand
Der Kläger verlangt von der Beklagten den Kaufpreis eines Wohnwagens zurück.

Entscheidungsgründe
Die zulässige Klage ist unbegründet. Dem Kläger steht kein Anspruch aus § 437 BGB zu.
"""
STROM = """Stadtwerke Seedorf
Ihre Stromrechnung für das Jahr 2023
Vertragskonto 881 200 311   Zählernummer 4 711 009
Abgelesener Zählerstand 31.12.2023: 20.418 kWh
Verbrauch 2.310 kWh, Arbeitspreis 31,20 ct/kWh, Grundpreis 118,80 EUR im Jahr
Ihr neuer Abschlag ab Februar: 74,00 EUR
"""
POWER = """Page 1 of 3
E. & O. E.
14 ELM AVENUE
WELLFIELD ON K1A 0B1
Bill Date Account Number
Billing Period Service Address
Summary of All Charges (Taxes Included)
Balance from previous statement 88.10
Payment Received 88.10 CR
Amount due now 91.40
All payments made to Northfen are accepted under the express condition that the Company may demand payment.
Your account is on the Pre-Authorized Payment Plan.
Meter Number 2459508
Natural gas 64 m3
"""
LEAVING = """SEPARATION AGREEMENT AND GENERAL RELEASE

Your last day with the company will be 30 June. If you sign and do not revoke this agreement, the company will
pay you ten weeks of salary as severance. In return you release the company from all claims that arise from
your employment or its end. You have 21 days to consider this agreement and 7 days to revoke it.
"""
BAU = """Bauvertrag

Der Auftraggeber beauftragt den Auftragnehmer mit dem Umbau des Dachgeschosses. Vertragsbestandteil sind das
Leistungsverzeichnis und die VOB/B. Abschlagszahlungen richten sich nach dem Baufortschritt. Die Abnahme
erfolgt förmlich; die Gewährleistung beträgt fünf Jahre. Die Ausführungsfrist endet am 30. September 2024.
"""
RESOURCE = '{"id": "o1", "resourceType": "Observation", "status": "final", "valueQuantity": {"value": 5.1}}'
MESSAGE = "MSH|^~\\&|LAB|CITY|EMR|CITY|20240503||ORU^R01|17|P|2.5\nPID|1||4711\nOBX|1|NM|K||4.1|mmol/l"
KINDS = [
    (DECIDED, "legal", "judgment"),
    (URTEIL, "legal", "judgment"),
    (STROM, "financial", "utility_bill"),
    (POWER, "financial", "utility_bill"),
    (LEAVING, "legal", "severance"),
    (BAU, "legal", "construction"),
    (RESOURCE, "medical", "health_data"),
    (MESSAGE, "medical", "health_data"),
    (PAYSLIP, "financial", "payslip"),
    (LICENCE, "legal", "software_licence"),
    (ACT, "legal", "statute"),
    (OPERATION, "medical", "operative_note"),
    (SCAN, "medical", "imaging_report"),
    (ARZTBRIEF, "medical", "discharge_summary"),
    (ORDONNANCE, "medical", "prescription"),
    (OPERATOIRE, "medical", "operative_note"),
    (RECHNUNG, "financial", "invoice"),
    (AVOIR, "financial", "credit_note"),
    (ORDER, "financial", "purchase_order"),
    (RECEIPT, "financial", "receipt"),
    (PRIVACY, "legal", "privacy_policy"),
    (COOKIES, "legal", "cookie_policy"),
]


@pytest.mark.parametrize(
    ("text", "domain", "kind"), KINDS, ids=[f"{row[2]} {row[0][:12]!r}" for row in KINDS]
)
def test_kind_and_with_it_the_domain(text: str, domain: str, kind: str) -> None:
    found = detect(parsed(text))
    assert (found.domain, found.kind) == (domain, kind)


LET = "RESIDENTIAL LEASE\nThe landlord lets the flat to the tenant for one year. The rent is 500 a month."
RESOURCE_TYPES = "Deed of lease\n" + RESOURCE, '{"resourceType": "Device"}\n' + LET, "resourceType: X\n" + LET
BRIEF = """UNITED STATES COURT OF APPEALS
No. 12-3
BRIEF FOR APPELLANT

TABLE OF AUTHORITIES
Hall v. Roe, 369 U.S. 186 (1962)
Lind v. Moss, 12 F.3d 45 (7th Cir. 1999)
Moss v Lind [2014] EWCA Civ 12
"""
MENTIONS = [
    *[(text, "medical", "health_data") for text in RESOURCE_TYPES],
    ('{"resourceType": "AWS::EC2::Instance", "id": "i-1"}', "medical", "health_data"),
    ('{"resourceType": "Dissertation", "language": "en"}', "medical", "health_data"),
    (f"Minutes\nThe laboratory sent:\n{MESSAGE}", "medical", "health_data"),
    ("Independent Contractor Agreement\nThe author writes for the magazine.", "legal", "construction"),
    ("SUBCONTRACTOR AGREEMENT\nThe subcontractor writes and tests software.", "legal", "construction"),
    ("Protokoll\n\nBeschluss\n\nDer Verein erhöht den Beitrag.", "legal", "judgment"),
    (BRIEF, "legal", "judgment"),
    ("# Hall v. Roe (1979)\nA film about a family and its dog.", "legal", "judgment"),
    ("Dear Mum,\nyour honour is safe with me, and so is the cat.", "legal", "hearing"),
    ("DELIVERY NOTE\nNo. 12\n40 boxes of screws", "medical", "operative_note"),
    ("Privacy notice\nWe obey the Data Protection Act 2018", "legal", "statute"),
    ("# Explanatory memorandum\nDirective 2014/67/EU on posting", "legal", "statute"),
    ("Code de conduite\nChacun se respecte.", "legal", "statute"),
    ("# Loi sur le bail : ce qui change pour vous\nNotre guide.", "legal", "statute"),
    ("Dr Roy\nOrdonnance du 3 mars\nUn comprimé", "legal", "statute"),
    ("Code de réduction : SOLDE20\nSur toute la boutique.", "legal", "statute"),
    ("Mahnung\nIhre Stromrechnung vom 3.4.2024 ist noch offen.", "financial", "utility_bill"),
    ("Relance\nvotre facture d'électricité du 3 mars reste impayée.", "financial", "utility_bill"),
]


@pytest.mark.parametrize(("text", "domain", "kind"), MENTIONS)
def test_what_a_text_mentions_is_not_its_title(text: str, domain: str, kind: str) -> None:
    assert kind not in titled(domain, text)


TITLES = [
    ("Politique de confidentialité\nNous traitons vos données.", "legal", "privacy_policy"),
    ("CONTRAT DE VENTE\nEntre", "legal", "purchase"),
    ("Kontovollmacht\nHiermit", "legal", "power_of_attorney"),
    ("Leave and License Agreement\nBombay", "legal", "lease"),
    ("Internship Agreement\nMoon Ltd", "legal", "employment"),
    ("CONSTITUTION OF THE HILL CHESS CLUB", "legal", "corporate_record"),
    ("Lieferbedingungen der Mond GmbH", "legal", "terms_of_service"),
    ("Rent Receipt\nReceived of", "financial", "receipt"),
    ("Fiche de salaire\nMai", "financial", "payslip"),
    ("Relevé bancaire\nMai", "financial", "bank_statement"),
    ("Allgemeine\nVersicherungsbedingungen", "financial", "insurance_policy"),
    ("Proof of Loss\nInsured:", "financial", "insurance_claim"),
    ("Kassenbuch Mai", "financial", "ledger"),
    ("Lipid Profile Results\nHDL", "medical", "laboratory_report"),
    ("Medication Guide\nMoonex", "medical", "product_information"),
    ("ACCORD DE CONFIDENTIALITÉ\nEntre :", "legal", "nda"),
    ("Stellplatzmietvertrag\nZwischen", "legal", "lease"),
    ("Fahrzeugkaufvertrag\nVerkäufer:", "legal", "purchase"),
    ("Disclaimer - Haftungsausschluss\n\nFür Inhalte", "legal", "legal_notice"),
    ("Legal Notice (Imprint)\nRoe GmbH", "legal", "legal_notice"),
    ("SARL LUNE\nSTATUTS\nLes soussignés", "legal", "corporate_record"),
    ("Compte rendu de l'assemblée du 3 mai", "legal", "corporate_record"),
    ("In the Probate Court for Hill County, Ohio\nPetition", "legal", "court_filing"),
    ("Expense Policy\nMeals are paid.", "legal", "policy"),
    ("Policy: lost keys\nCall us.", "legal", "policy"),
    ("TERM SHEET\nSeries A of Moon, Inc.", "legal", "investment"),
    ("Claim form for travel insurance", "financial", "insurance_claim"),
    ("Sun Shield - Policy Wording\nWe cover", "financial", "insurance_policy"),
    ("Sub: Transcript of the conference call of 3 May", "financial", "earnings_call"),
    ("Part I - Financial Information\nItem 1. Statements", "financial", "quarterly_report_10q"),
    ("FORM OF SUMMARY PROSPECTUS\nThe Fund", "financial", "prospectus"),
    ("State Department of Revenue\nForm ST-12", "financial", "tax_form"),
    ("Facture FA-0012\nClient : Roe", "financial", "invoice"),
    ("Protocol MOON-301\nA study of tea", "medical", "clinical_trial"),
    ("Inclusion criteria\n1. Adults", "medical", "clinical_trial"),
    ("Liver Scan Report\nName: Roe", "medical", "imaging_report"),
    ('[\n {"resourceType": "Patient",\n "id": "p"}]', "medical", "health_data"),
    ("resourceType: Patient\nid: p1", "medical", "health_data"),
    ("GENERAL CONTRACTOR AGREEMENT\nThe contractor builds a house.", "legal", "construction"),
    ("Subcontractor Agreement\nThe subcontractor installs the plumbing.", "legal", "construction"),
    ("Oberlandesgericht Köln\nBeschluss\n6 W 12/20", "legal", "judgment"),
    ("COUR D'APPEL DE LYON\nARRÊT DU 3 juin 2023", "legal", "judgment"),
    ("# Hall v. Roe\n\n*Hall v. Roe, 12 F.3d 45 (7th Cir. 2009)*", "legal", "judgment"),
    ("Hall v. Roe, 12 N.Y.2d 45 (1962)\nHeld:", "legal", "judgment"),
    ("Hall v. Roe, 2015 WI 45", "legal", "judgment"),
    ("Hall v. Roe, No. 24-11 (10th Cir. May 5, 2025)", "legal", "judgment"),
    ("# In re Roe, Inc., 12 S.W.3d 45 (Tex. 2007)", "legal", "judgment"),
    ("Hall v Roe [2013] NTSC 29", "legal", "judgment"),
    ("ORAL ARGUMENT OF ANN ROE\nMr. Chief Justice, and may it please the Court:", "legal", "hearing"),
    ("Good morning, Your Honors. I am here for the appellant.", "legal", "hearing"),
    ("Landgericht Bonn\nSitzungsprotokoll\n3 O 12/20", "legal", "hearing"),
    ("Procès-verbal d'audience du 3 mai", "legal", "hearing"),
    ("Neutral Citation Number: [2020] EWHC 12 (Ch)", "legal", "judgment"),
    ("# Loi sur les eaux\n\n**Art. 1er.** Nul ne peut puiser.", "legal", "statute"),
    ("# Loi portant création d'une école\n", "legal", "statute"),
    ("DELIVERY NOTE\nA viable infant was born; placenta intact.", "medical", "operative_note"),
    ("Code de la route\nLivre 1er", "legal", "statute"),
    ("AN ACT to amend the Ferries Act", "legal", "statute"),
    ("Ferries Act 1987\n1 Short title", "legal", "statute"),
    ("COUNCIL DIRECTIVE 93/13/EEC\nof 5 April 1993", "legal", "statute"),
    ("VERORDNUNG (EU) 2016/679", "legal", "statute"),
    ("§ 7-15.04. Definitions.", "legal", "statute"),
    ("Secretary's Certificate\nI certify", "legal", "corporate_record"),
    ("# Statuts\n\n## Nom\nLes Amis du Lac", "legal", "corporate_record"),
    ("Les Amis du Lac - Statuts\nNom", "legal", "corporate_record"),
    ("# Satzung des Ruderclubs Alster e.V.\nDer Club rudert.", "legal", "corporate_record"),
    ("3. Vorstandssitzung\nAnwesend: Klara, Otto", "legal", "corporate_record"),
    ("Title: Abuse Policy\nWe answer reports within a day.", "legal", "policy"),
    ("Title: Privacy Policy\nWe share nothing.", "legal", "privacy_policy"),
    ("Verleihordnung des Ruderclubs\n§ 1 Boote", "legal", "policy"),
    ("Ruderclub Alster – Kit & Sponsorship Policy\nVersion 2", "legal", "policy"),
    ("LLC OPERATING AGREEMENT\nThis Operating Agreement of Alder LLC", "legal", "corporate_record"),
    ("# Subunternehmer-Vertrag\nZwischen", "legal", "services"),
    ("# Statement of Work (Alder)\n1. Scope\nProvider will build a boat.", "legal", "services"),
    ("# Entente de niveau de service (SLA)\n1. Objet", "legal", "services"),
    ("# Financial and Investment Disclaimer\nNo advice.", "legal", "legal_notice"),
    ("# Alder Sdn Bhd v Birch Pte Ltd\n\n## Decision Date : 15 July 2002", "legal", "judgment"),
    (
        "# Datenschutz\nEin Besuch ist ohne jede Angabe personenbezogener Daten möglich.",
        "legal",
        "privacy_policy",
    ),
    ("Item 1. Business\nWe sell pianos.", "financial", "annual_report_10k"),
    ("CHEST X-RAY AI REPORT\nInfiltration 84 %", "medical", "imaging_report"),
    ("Geldpolitische Lagebeurteilung vom 20. Juni", "financial", "central_bank_statement"),
    ("Règlement grand-ducal du 3 mai 2001 fixant un prix", "legal", "statute"),
    ("Stadtwerke\nStromrechnung\nKunde 5", "financial", "utility_bill"),
    ("Votre facture d'électricité du 3 mars\nConsommation 310 kWh", "financial", "utility_bill"),
]


@pytest.mark.parametrize(("text", "domain", "kind"), TITLES)
def test_a_title_stands_where_titles_do(text: str, domain: str, kind: str) -> None:
    assert kind in titled(domain, text)


NO_TITLES = [
    ("# React v. Angular\n\nDecided on a framework yet?", "legal", "judgment"),
    ("BRIEF OF APPELLANT\nRoe v. Doe\nDate of Judgment: March 3, 2019", "legal", "judgment"),
    ("# Wiki\n\n## Operating Agreement\n\n## Statement of Work", "legal", "corporate_record"),
    ("# Operating Agreement\nAn operating agreement is a document.", "legal", "corporate_record"),
    ("Item 1. Business cards, 250 pieces", "financial", "annual_report_10k"),
    ("# Brushes\n\n## Selection Procedure", "legal", "policy"),
    ("We sent an offer letter to him.", "legal", "employment"),
    ("The constitution of water\nand other essays", "legal", "corporate_record"),
    ("Our blood runs cold.", "medical", "laboratory_report"),
    ("# parser\n\n## Disclaimer\nUse at your own risk.", "legal", "legal_notice"),
    ("Our term sheets are generated\n", "legal", "investment"),
    ("Port Scan Report\n22 open", "medical", "imaging_report"),
    ("The claim form of Rust's borrow checker", "financial", "insurance_claim"),
    ("Travel insurance policy\nWe cover you.", "legal", "policy"),
    ("See protocol MOON-301 for more.", "medical", "clinical_trial"),
    ("Deposition of amyloid in the ageing brain\nFamilies were offered counsel.", "legal", "hearing"),
    ("The first case is Mrs Moore, in whom we weigh colchicine against ibuprofen.", "legal", "hearing"),
    ("Oral argument is not needed\nWe demand payment within a week.", "legal", "hearing"),
    ("My Lords and ladies, the respondents to our survey are content.", "legal", "hearing"),
    ("AN ACT OF KINDNESS\nA play", "legal", "statute"),
    ("Codes HTTP\nStatuts\n200 : tout va bien", "legal", "corporate_record"),
    ("Die Vorstandssitzung fällt aus.", "legal", "corporate_record"),
    ("The Sister Act 1992\nA film about a singer in a convent.", "legal", "statute"),
    ("RÈGLEMENT PORTANT SUR LE CONCOURS\nOn gagne un vélo.", "legal", "statute"),
    ("Ordonnance sur la table : paracétamol 1 g", "legal", "statute"),
    ("Regulation (EU) 2016/679 - information for our customers", "legal", "statute"),
    ("In re Monsieur Dupont, 12 F. 34", "legal", "judgment"),
    ("Matter of fact: 3 Tex 4 and others", "legal", "judgment"),
    ("Employment contract\nbetween the Riksbank and Ada Moore", "financial", "central_bank_statement"),
    ("Your account at the Bank of Japan branch in London", "financial", "central_bank_statement"),
    ("Delivery note\nOne crib for a newborn, 4 labor hours", "medical", "operative_note"),
]


@pytest.mark.parametrize(("text", "domain", "kind"), NO_TITLES)
def test_what_only_reads_like_a_title_is_none(text: str, domain: str, kind: str) -> None:
    assert kind not in titled(domain, text)


def test_a_title_that_was_met_weighs_more_than_words_of_none() -> None:
    excerpt = (
        "# Hall v. Roe\n\n*Hall v. Roe, 12 N.Y.2d 45 (1962).*\n\nKept in our library, where two pages cite"
        " it.\n\n"
        "> The law looks with disfavour on a covenant that keeps an employee from his trade. It must be no"
        " wider than what the employer needs."
    )
    found = detect(parsed(excerpt))
    assert (found.domain, found.kind) == ("legal", "judgment")


def test_services_for_a_building_are_services() -> None:
    assert titled("legal", "BUILDING MAINTENANCE SERVICES AGREEMENT")[:2] == ["services", "construction"]


def test_a_title_may_be_spaced_out_and_a_number_of_delivery_is_none() -> None:
    text = "Nordkorn GmbH\n H A N D E L S R E C H N U N G\nLieferschein-Nr : 4\nLieferschein-Datum : 5.8.13"
    assert titled("financial", text) == ["invoice"]
    assert titled("financial", "Lieferschein Nr. 4 vom 5.8.13") == ["delivery_note"]


NO_KIND = {
    "a recipe of biscuits": (
        "# Oat cookies\n\nThese cookies keep for a week. We use butter, but oil will do, too.\n\n"
        "## Ingredients\n\n- 200 g oats\n- 100 g sugar\n- 1 egg\n\n## Method\n\n"
        "Mix everything, form small balls and bake the cookies for twelve minutes. Let them cool."
    ),
    "a German story": (
        "Der alte Müller stand am Fenster und sah in den Regen hinaus. „Kommst du noch?“, fragte seine"
        " Frau. Er antwortete nicht, nahm den Hut vom Haken und ging über den Hof zum Stall, wo das Pferd"
        " unruhig scharrte. " * 3
    ),
    "code": (
        "import os\n\n\nclass Invoice:\n    def __init__(self, total):\n        self.total = total\n\n"
        "    def save(self, path):\n        with open(path, 'w') as file:\n            file.write('')\n" * 3
    ),
    "code under the notice of a licence": (
        "/*\n * Copyright 2021 The Tide Project\n *\n * Licensed under the Apache License, Version 2.0 (the"
        ' "License");\n * you may not use this file except in compliance with the License.\n'
        " * You may obtain a copy of the License at http://www.apache.org/licenses/LICENSE-2.0\n */\n"
        "package org.tide.model;\n\npublic class Harbour {\n    private String name;\n\n    public String"
        " getName() {\n        return name;\n    }\n}\n"
    ),
    "figures with a heading": "hour,gauge,gust\n"
    + "".join(f"{n},{n * 1.25:.2f},{n % 7}\n" for n in range(90)),
    "a French manual": (
        "Pour installer le programme, ouvrez un terminal et tapez la commande suivante. Le fichier de"
        " configuration se trouve dans le dossier principal ; modifiez-le avec un éditeur de texte, puis"
        " redémarrez le serveur. " * 3
    ),
    "a recipe that quotes a cover line": (
        "FORM 10-K was printed on the napkin. Now to the pie: peel eight apples, cut them and mix them with"
        " sugar and cinnamon. Roll out the dough, line the tin, fill it and bake for fifty minutes. "
        + "Whip the cream, grate some lemon over it and serve the slices warm, with a spoon of jam. "
        * 6
    ),
    "an essay that mentions VAT": (
        "When I was a child my uncle, who hated VAT, took us to the sea every summer. We swam, we built"
        " castles, and in the evening he told stories of ships. The house smelled of fish and wet wool."
    ),
    "a lesson on the discharge of rivers": (
        "# Discharge\n\nThe discharge of a river is the volume of water that passes a point each second. We"
        " measure it in cubic metres. After rain the curve rises quickly, and it falls slowly when the storm"
        " is over. Between the peak of the rain and the peak of the discharge lies the lag time: short in"
        " towns, where water runs off roofs and roads, long where woods hold it back.\n\n## Try it\n\nMark"
        " ten metres of a brook with two sticks, let an orange float from one to the other and count the"
        " seconds. Multiply the speed by the width and the depth.\n"
    ),
    "a manual with the word prescription": (
        "Your new camera. Insert the battery and close the cover. Press the button for two seconds until the"
        " light blinks. If you wear prescription glasses, adjust the viewfinder with the small wheel."
    ),
}


@pytest.mark.parametrize("name", NO_KIND)
def test_what_is_of_none_has_neither_kind_nor_domain(name: str) -> None:
    found = detect(parsed(NO_KIND[name]))
    assert (found.domain, found.kind) == (UNKNOWN, "")


def test_a_page_for_programmers_titled_cookies_is_no_sure_policy() -> None:
    page = (
        "# Cookies\n\nEvery request carries its cookies in `request.jar`. To store one, give `jar.keep` a"
        " name and a value; `expires` takes seconds.\n\n```python\n@route('/basket')\ndef basket(request):\n"
        "    seen = int(request.jar.get('visits', 0)) + 1\n    request.jar.keep('visits', str(seen),"
        " expires=3600)\n    return f'{seen} visits'\n```\n\n## Options\n\n- `secure`: the cookie travels"
        " over TLS only.\n- `same_site`: `lax` by default.\n- `path`: `/` by default.\n\nA value longer than"
        " 4 KB raises `JarError`. In tests, `Client(jar={...})` starts with cookies that are there already.\n"
    )
    assert not detect(parsed(page)).kind_confident


def test_a_mail_is_a_mail_whatever_it_is_about() -> None:
    head = "From: Anna <anna@example.org>\nTo: Ben <ben@example.org>\nSubject: Invoice\n\n"
    for body in (
        RECHNUNG,
        OPERATION,
        "See you at the lake on Saturday. Bring the children and the ball, we will swim.",
    ):
        found = detect(parsed(head + body, "message/rfc822", "Invoice"))
        assert (found.kind, found.kind_confident) == ("email", True)


@pytest.mark.parametrize(
    ("text", "mail"),
    [
        ("Subject: Lunch\n\nAre you free at noon?", True),
        ("Von: A\nAn: B\nBetreff: Termin\n\nBis morgen.", True),
        ("De : A\nÀ : B\nObjet : Rendez-vous\n\nÀ demain.", True),
        ("To: the board\nFrom: the chair\nRe: budget\n\nA memorandum.", False),
        ("Subject matter of this agreement\n\nThe parties agree.", False),
        ("1. Subject: the goods\n\nThe seller sells.", False),
        ("", False),
    ],
)
def test_headers_of_a_mail_in_plain_text(text: str, mail: bool) -> None:
    assert is_mail(parsed(text)) is mail


def test_kinds_of_other_domains_are_not_told_where_the_domain_is_given() -> None:
    found = detect(parsed(OPERATION), "legal")
    assert found.domain == "legal"
    assert found.kind in {kind.name for kind in domains.load("legal").kinds} | {""}
    assert all(kind.startswith("legal.") for kind in found.kind_candidates)


def test_what_is_not_sure_names_what_it_may_be() -> None:
    told = predict_kind(None, "Agreement", "Agreement", "en", domains.names())
    assert not told.sure or told.kind
    if not told.sure:
        assert all("." in kind for kind in told.likely)
        assert len(told.likely) <= 3


@pytest.mark.parametrize(
    ("opening", "kind"),
    [
        (
            "# Satzung\n\n## § 1 Name, Sitz und Geschäftsjahr\n\nDer Verein führt den Namen Flora.",
            "corporate_record",
        ),
        ("Il est fondé entre les adhérents aux présents statuts une association.", "corporate_record"),
        ("MINUTES OF THE ANNUAL GENERAL MEETING OF SHAREHOLDERS", "corporate_record"),
        ("Minutes of the Monetary Policy Meeting of the Reserve Bank Board", ""),
        ("Protokoll der ordentlichen Mitgliederversammlung vom 3. Mai", "corporate_record"),
        ("# CEASE AND DESIST LETTER", "demand_letter"),
        ("THE LIGHTHOUSES ACT, 1927\n\nARRANGEMENT OF SECTIONS", "statute"),
        ("MORTGAGE AGREEMENT", "loan"),
        ("Salary Statement", "payslip"),
        ("CERTIFICATE OF LIABILITY INSURANCE", "insurance_policy"),
        ("MEDICAL PRESCRIPTION", "prescription"),
        ("The prescription drug market", ""),
        ("# Ärztliches Rezept / Medical Prescription", "prescription"),
        ("Reporting Pathologist: Dr. A. Moth", "pathology_report"),
        ("Gross description: two pieces of skin", "pathology_report"),
        ("Research Protocol: burns and cold", "clinical_trial"),
    ],
)
def test_a_title_proposes_its_kind(opening: str, kind: str) -> None:
    titled, _ = wording(None, opening, ["financial", "legal", "medical"])
    assert (kind in {one.partition(".")[2] for one in titled}) if kind else not titled


@pytest.mark.parametrize(
    ("title", "kind", "probability", "sure"),
    [
        ("SERVICES AGREEMENT", "legal.policy", 0.7, False),
        ("SERVICES AGREEMENT", "legal.policy", 0.999, True),
        ("SERVICES AGREEMENT", "legal.services", 0.7, True),
        ("AGREEMENT", "legal.policy", 0.7, True),  # a wide title says nothing against it
        ("BANK STATEMENT", "legal.policy", 0.7, True),  # nor does one of another domain
        ("OUR WORK", "legal.lease", 0.8, False),  # of a lease something is asked, and only the head tells it
        ("OUR WORK", "legal.lease", 0.95, True),
        ("LEASE AGREEMENT", "legal.lease", 0.8, True),
    ],
)
def test_a_kind_is_not_sure_where_its_title_is_missing(
    title: str, kind: str, probability: float, sure: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = {"legal.services": 0.0, kind: probability, NONE: 1 - probability}
    monkeypatch.setattr(DocumentHead, "predict", lambda *_: answer)
    monkeypatch.setattr("docassay.transforms.kind.TITLE_ODDS", 1.0)
    text = (
        f"{title}\n\n" + "The Supplier renders what is described below to the Customer, as agreed here. " * 9
    )
    told = predict_kind(None, text, text, "en", domains.names())
    assert (f"{told.domain}.{told.kind}", told.sure) == (kind, sure)
    assert sure or {kind, "legal.services"} & set(told.likely)


@pytest.mark.parametrize(
    ("title", "opening"),
    [
        ("Client Service Agreement", "Ruder\nTerms of Service"),
        (None, "# Service Agreement\n\nPrivacy Policy: see below"),
        (None, "Ruder & Co.\nPrivacy Policy: see below\nSERVICE AGREEMENT"),
    ],
)
def test_a_title_of_its_own_tells_a_kind_where_the_head_is_not_sure(
    title: str | None, opening: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = {"legal.services": 0.01, "legal.terms_of_service": 0.3, "legal.policy": 0.6, NONE: 0.09}
    monkeypatch.setattr(DocumentHead, "predict", lambda *_: answer)
    text = (
        f"{opening}\n" + "The Supplier renders what is described below to the Customer, as agreed here. " * 9
    )
    told = predict_kind(title, text, text, "en", domains.names())
    assert (told.kind, told.sure) == ("services", False)


@pytest.mark.parametrize(
    ("root", "code", "kind"),
    [
        ("CreditNote", "", "credit_note"),
        ("DespatchAdvice", "", "delivery_note"),
        ("Invoice", "", "invoice"),
        ("Invoice", "<InvoiceTypeCode>325</InvoiceTypeCode>", ""),
        ("Invoice", "<InvoiceTypeCode>381</InvoiceTypeCode>", "credit_note"),
        ("Order", "", "purchase_order"),
        ("Quotation", "", ""),
    ],
)
def test_a_paper_of_trade_in_xml_is_what_its_root_says(root: str, code: str, kind: str) -> None:
    lines = "<ID>7</ID><TaxAmount>19</TaxAmount><TaxInclusiveAmount>119</TaxInclusiveAmount>"
    content = f'<{root} xmlns="urn:oasis:names:specification:ubl:schema:xsd:{root}-2">{code}{lines}</{root}>'
    (read,) = parse(Source("a.xml", content.encode()), Limits())
    assert isinstance(read, Document)
    found = detect(read)
    assert (found.domain, found.kind, found.kind_confident) == ("financial", kind, True)


def test_an_answer_to_an_order_is_no_order() -> None:
    kinds = [
        kind_of(
            etree.fromstring(
                '<SCRDMCCBDACIOMessageStructure xmlns="urn:un:unece:uncefact:data:128">'
                f"<ExchangedDocument><TypeCode>{code}</TypeCode></ExchangedDocument>"
                "</SCRDMCCBDACIOMessageStructure>"
            )
        )
        for code in ("220", "231", "Invoice")
    ]
    order = (("document_kind", "financial.purchase_order"),)
    assert kinds == [order, (("document_kind", "financial."),), order]


def test_a_title_counts_as_it_is_shown() -> None:
    made = see(parsed("Lund", title="Auftrags\u00adverarbeitungs\u00advertrag"))
    assert made.title == "Auftragsverarbeitungsvertrag"


def test_rounded_probabilities_never_add_up_to_more_than_one(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = {"legal.nda": 0.500001, "legal.lease": 0.5, NONE: 0.0}
    monkeypatch.setattr(DocumentHead, "predict", lambda *_: answer)
    told = predict_kind(None, PRIVACY, PRIVACY, "en", ["legal"])
    assert told.by_domain["legal"] == 1.0


def test_probabilities_of_other_domains_count_as_none() -> None:
    kept = among({"legal.nda": 0.2, "financial.invoice": 0.5, NONE: 0.3}, ["legal"])
    assert kept == {"legal.nda": 0.2, NONE: 0.8}
    assert among({}, ["legal"]) == {}


def test_every_kind_of_the_head_stands_in_its_domain() -> None:
    labels = set(head_of_kinds().task.labels) - {NONE, "financial", "legal", "medical"}
    known = {
        f"{name}.{kind.name}"
        for name in ("financial", "legal", "medical")
        for kind in domains.load(name).kinds
    }
    assert labels <= known
    assert {kind.partition(".")[2] for kind in known - labels} <= {
        "email",
        "market_news",
        "text_message",
        "health_data",
        "electronic_statement",
        "hearing",
        "guide",
    }


def test_features_do_not_depend_on_figures_and_know_structure() -> None:
    first = features(None, "INVOICE\nTotal 12.50\n", "en", [])
    second = features(None, "INVOICE\nTotal 99.10\n", "en", [])
    assert first == second
    assert "heading invoice" in first
    assert "salutation" in features(None, "Dear Sir,\n\nhello", "en", [])


def test_wording_lists_titles_and_bodies() -> None:
    titled, worded = wording(None, OPERATION, domains.names())
    assert "medical.operative_note" in titled and "medical.operative_note" in worded
    assert wording(None, "Nothing of it.", domains.names())[0] == []


NDA = """NON-DISCLOSURE AGREEMENT

This Agreement is made on 3 May 2026 between Alder Foods Inc. ("Discloser") and Birch Ltd. ("Recipient").

1. "Confidential Information" means all recipes that Discloser shows to Recipient.
2. Recipient shall not disclose Confidential Information and shall return it on request.
3. This Agreement is governed by the laws of England. What it does not say shall be agreed by the parties.
"""
ABOUT_NDAS = """---
title: Understanding your NDA
description: A guide to the non-disclosure agreement you signed
---

## What the non-disclosure agreement covers

Your NDA covers confidential information: recipes, prices and plans of our clients. Think of it as the basis
of trust between you and them. It does not end when you leave: confidential information stays confidential.

## How to ask

Not sure whether something is confidential information? Ask Operations before you disclose it.
"""


@pytest.mark.parametrize(
    ("text", "kind", "why"),
    [
        (NDA, "nda", "an agreement"),
        (ABOUT_NDAS, "guide", "about one"),
        (
            f"# Non-Disclosure Agreement\n\n> This is a summary, not the contract.\n\n{NDA}",
            "guide",
            "it says so",
        ),
        (f"Contract Analysis Report\n\nThe agreement lacks its date.\n\n{NDA}", "guide", "a report on one"),
        (f"Guide to this form: fill in the names.\n\n{NDA}", "nda", "what binds is there"),
    ],
)
def test_a_text_about_agreements_is_none(text: str, kind: str, why: str) -> None:
    assert detect(parsed(text), "legal").kind == kind, why


@pytest.mark.parametrize(
    "text", ["", "\n\n", "x", "\x00" * 50, ":" * 10_000, "A:\n" * 50_000, "# " * 30_000, "É" * 100_000]
)
def test_hostile_text_has_a_kind_or_none(text: str) -> None:
    found = detect(parsed(text))
    assert 0 <= found.kind_probability <= 1
    assert found.domain in {UNKNOWN, *domains.names()}


@pytest.mark.parametrize(
    ("text", "expected", "why"),
    [
        ("Home\n\nProdukte\n\nImpressum\n\nKontakt\n\nDer Honig kommt aus Plön.", [], "an entry of a menu"),
        (
            "Start\n\nHonig\n\nKontakt\n\n☰\n\nImpressum\n\nAngaben gemäß § 5 DDG",
            ["legal_notice"],
            "below it",
        ),
        ("Impressum\nBetreiber\nImkerei Plön\nKontakt\nTelefon: 04522 1", ["legal_notice"], "no menu"),
    ],
)
def test_a_title_in_the_menu_of_a_web_page_says_nothing(text: str, expected: list[str], why: str) -> None:
    assert titled("legal", text) == expected, why


def test_a_missing_head_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    head_of_kinds.cache_clear()
    monkeypatch.setattr(catalog, "SHIPPED", tmp_path)
    try:
        with pytest.raises(catalog.ModelError, match="no model 'kind'"):
            detect(parsed(OPERATION))
    finally:
        head_of_kinds.cache_clear()
