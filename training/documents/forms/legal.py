"""Forms of contracts, letters and policies in English, German and French, where few real ones may be used."""

from __future__ import annotations

from docassay.training.documents.forms.form import Bank, Form, Section

S = Section

BANK: Bank = {
    "party": [
        "Northway Ltd",
        "Alder Inc.",
        "Ms. Jane Ross",
        "Blue River LLC",
        "Harbor Partners",
        "Mr. Thomas Reed",
    ],
    "partei": [
        "Meier GmbH",
        "Frau Anna Kraus",
        "Holzwerk AG",
        "Herr Paul Winkler",
        "Stadtbau e. G.",
        "Nordlicht UG",
    ],
    "partie": [
        "la société Dubois SARL",
        "Mme Claire Leroux",
        "Moreau SAS",
        "M. Jean Petit",
        "Les Jardins SA",
    ],
    "date": ["1 March 2024", "June 5, 2023", "12 May 2022"],
    "datum": ["1. März 2024", "05.06.2023"],
    "jour": ["1er mars 2024", "5 juin 2023"],
    "state": ["the State of New York", "England and Wales", "Delaware", "Ireland"],
    "place": ["Köln", "München", "Wien", "Zürich"],
    "lieu": ["Paris", "Lyon", "Bruxelles", "Genève"],
}

_EN_END = S(
    ("governing law", "miscellaneous", "general"),
    (
        "This Agreement is governed by the laws of {state}.",
        "This Agreement may be executed in counterparts.",
        "No waiver is effective unless in writing.",
        "In witness whereof, the parties have signed.",
    ),
    1,
    3,
)
_DE_END = S(
    ("§ {n} Schlussbestimmungen", "Schlussbestimmungen", "Gerichtsstand"),
    (
        "Änderungen bedürfen der Schriftform.",
        "Gerichtsstand ist {place}.",
        "Sollte eine Bestimmung unwirksam sein, bleibt der Vertrag im Übrigen wirksam.",
        "Es gilt deutsches Recht.",
    ),
    1,
    3,
)
_FR_END = S(
    ("Article {n} - Droit applicable", "Droit applicable", "Dispositions générales"),
    (
        "Le présent contrat est soumis au droit français.",
        "Tout litige relève des tribunaux de {lieu}.",
        "Toute modification fait l'objet d'un avenant.",
        "Fait en deux exemplaires à {lieu}.",
    ),
    1,
    3,
)


def _english(kind: str, titles: tuple[str, ...], sentences: tuple[str, ...]) -> Form:
    openings = tuple(
        f"{title}\n\nThis agreement is made on {{date}} between {{party}} and {{party}}." for title in titles
    )
    return Form(
        f"legal.{kind}",
        "en",
        openings,
        (S(("1. terms", "1. definitions", "section 1", ""), sentences, 3, 8), _EN_END),
    )


def _german(kind: str, titles: tuple[str, ...], sentences: tuple[str, ...]) -> Form:
    openings = tuple(f"{title}\n\nzwischen {{partei}}\nund {{partei}}" for title in titles)
    return Form(
        f"legal.{kind}",
        "de",
        openings,
        (S(("§ 1 Gegenstand", "§ 1", "1. Vertragsgegenstand", "Präambel"), sentences, 3, 8), _DE_END),
    )


def _french(kind: str, titles: tuple[str, ...], sentences: tuple[str, ...]) -> Form:
    openings = tuple(
        f"{title}\n\nEntre les soussignés : {{partie}}, d'une part, et {{partie}}, d'autre part,"
        for title in titles
    )
    return Form(
        f"legal.{kind}",
        "fr",
        openings,
        (S(("Article 1 - Objet", "Article 1", "1. Objet", "Préambule"), sentences, 3, 8), _FR_END),
    )


FORMS = (
    _english(
        "employment",
        (
            "EMPLOYMENT AGREEMENT",
            "Contract of Employment",
            "OFFER OF EMPLOYMENT",
            "EXECUTIVE EMPLOYMENT AGREEMENT",
        ),
        (
            "The Employee shall serve as manager.",
            "The base salary is payable in monthly instalments.",
            "The Employee is entitled to 25 days of vacation.",
            "Either party may terminate the employment on {n} weeks' notice.",
            "The probationary period is six months.",
            "The Company may terminate for Cause.",
            "Severance shall be paid.",
            "The Executive reports to the Board.",
        ),
    ),
    _english(
        "lease",
        ("LEASE AGREEMENT", "RESIDENTIAL TENANCY AGREEMENT", "COMMERCIAL LEASE", "Rental Agreement"),
        (
            "The Landlord lets the Premises to the Tenant.",
            "The rent is due on the first day of each month.",
            "The Tenant shall pay a security deposit.",
            "The Tenant shall keep the premises in good repair.",
            "The term begins on {date}.",
            "No pets are allowed.",
            "The Landlord may enter on notice.",
        ),
    ),
    _english(
        "loan",
        ("LOAN AGREEMENT", "CREDIT AGREEMENT", "PROMISSORY NOTE", "Facility Agreement"),
        (
            "The Lender agrees to lend the principal amount.",
            "Interest accrues at {n} percent per annum.",
            "The Borrower shall repay in instalments.",
            "Events of default include non-payment.",
            "The loan is secured by a charge.",
            "Prepayment is permitted.",
        ),
    ),
    _english(
        "settlement",
        (
            "SETTLEMENT AGREEMENT AND RELEASE",
            "SEPARATION AGREEMENT",
            "Mutual Release",
            "CONFIDENTIAL SEPARATION AGREEMENT AND GENERAL RELEASE",
        ),
        (
            "The parties wish to settle all claims.",
            "Releasor releases and forever discharges the Released Parties.",
            "The settlement sum is paid within 14 days.",
            "You have twenty-one days to consider this agreement.",
            "Neither party admits liability.",
            "Your separation date is {date}.",
            "You will receive severance pay.",
        ),
    ),
    _english(
        "investment",
        (
            "INVESTMENT AGREEMENT",
            "SHARE SUBSCRIPTION AGREEMENT",
            "SHAREHOLDERS AGREEMENT",
            "INVESTOR RIGHTS AGREEMENT",
        ),
        (
            "The Investor subscribes for new shares.",
            "The pre-money valuation is agreed.",
            "Shareholders have pre-emption rights.",
            "Tag along and drag along rights apply.",
            "The Company gives the warranties.",
            "Completion takes place on {date}.",
        ),
    ),
    _english(
        "amendment",
        (
            "AMENDMENT NO. {n} TO SERVICES AGREEMENT",
            "FIRST AMENDMENT TO LEASE",
            "Second Amendment",
            "AMENDMENT AGREEMENT",
        ),
        (
            "Section {n} of the Agreement is hereby amended and restated.",
            "Except as amended, the Agreement remains in full force.",
            "Capitalized terms have the meanings given in the Agreement.",
            "The following is added as Section {n}.{n}.",
            "The term is extended to {date}.",
        ),
    ),
    _english(
        "power_of_attorney",
        ("POWER OF ATTORNEY", "DURABLE POWER OF ATTORNEY", "LIMITED POWER OF ATTORNEY"),
        (
            "I appoint {party} as my attorney-in-fact.",
            "My agent may act for me in all matters.",
            "This power is not affected by my incapacity.",
            "The undersigned constitutes and appoints each of them.",
            "Signed before a notary public.",
        ),
    ),
    _english(
        "nda",
        (
            "NON-DISCLOSURE AGREEMENT",
            "MUTUAL CONFIDENTIALITY AGREEMENT",
            "CONFIDENTIALITY AND NON-COMPETITION AGREEMENT",
            "COVENANT NOT TO COMPETE AND NON-DISCLOSURE AGREEMENT",
            "EMPLOYEE CONFIDENTIALITY AGREEMENT",
            "Dear Sirs: Confidentiality Agreement",
            "INVENTION, NON-DISCLOSURE AND NON-SOLICITATION AGREEMENT",
        ),
        (
            "Confidential Information means all non-public information.",
            "The Recipient shall not disclose it to third parties.",
            "Evaluation Material shall be returned or destroyed.",
            "Representatives are bound by this letter.",
            "The Employee shall not compete for {n} months after termination.",
            "The Employee shall not solicit customers.",
            "Inventions belong to the Company.",
            "In connection with your consideration of a possible transaction.",
            "Standstill: you shall not acquire securities.",
            "Injunctive relief is available.",
        ),
    ),
    _english(
        "data_processing_agreement",
        (
            "DATA PROCESSING AGREEMENT",
            "Data Protection Addendum",
            "EXHIBIT C: PROCESSING OF PERSONAL DATA",
            "Data Processing Terms",
        ),
        (
            "The Processor processes Personal Data on behalf of the Controller.",
            "The Processor shall engage no Sub-processor without authorisation.",
            "The Processor assists with requests of data subjects.",
            "Technical and organisational measures are in Annex 2.",
            "The Processor notifies a personal data breach without undue delay.",
            "On termination data is deleted or returned.",
            "Audits are allowed.",
            "Article 28 GDPR applies.",
        ),
    ),
    Form(
        "legal.demand_letter",
        "en",
        (
            "LETTER BEFORE ACTION\n{date}\n\nDear Sirs,",
            "NOTICE BEFORE ACTION\n\nDear {party},",
            "FINAL DEMAND\nBy recorded delivery\n\nDear Sir or Madam,",
        ),
        (
            S(
                ("",),
                (
                    "We act for {party}.",
                    "Despite our letters the sum of {nnnn} remains unpaid.",
                    "Unless payment is received within 14 days, proceedings will be issued without further notice.",
                    "We require you to cease and desist.",
                    "Interest and costs will be claimed.",
                ),
                3,
                5,
            ),
        ),
        ("Yours faithfully,\nSolicitors",),
    ),
    Form(
        "legal.demand_letter",
        "fr",
        ("MISE EN DEMEURE\nLettre recommandée avec accusé de réception\n{lieu}, le {jour}",),
        (
            S(
                ("",),
                (
                    "Madame, Monsieur,",
                    "Malgré nos relances, la somme de {nnnn} euros reste impayée.",
                    "Je vous mets en demeure de payer sous huit jours.",
                    "À défaut, je saisirai le tribunal compétent.",
                    "Cette lettre fait courir les intérêts.",
                ),
                3,
                5,
            ),
        ),
        ("Veuillez agréer, Madame, Monsieur, mes salutations.",),
    ),
    Form(
        "legal.letter",
        "de",
        (
            "Rechtsanwälte Kraus & Partner\n{datum}\n\nSehr geehrte Damen und Herren,",
            "{place}, den {datum}\n\nSehr geehrter Herr Winkler,",
        ),
        (
            S(
                ("",),
                (
                    "wir zeigen an, dass wir {partei} anwaltlich vertreten.",
                    "Namens unserer Mandantschaft fordern wir Sie auf, die Handlung zu unterlassen.",
                    "Eine Vollmacht liegt bei.",
                    "Wir bitten um Stellungnahme bis zum {datum}.",
                    "Der Widerspruch wird begründet.",
                ),
                3,
                5,
            ),
        ),
        ("Mit freundlichen Grüßen\nRechtsanwalt",),
    ),
    Form(
        "legal.letter",
        "en",
        (
            "{party}\nAttorneys at Law\n{date}\n\nRe: {party} v. {party}\n\nDear Counsel:",
            "{date}\n\nWithout prejudice\n\nDear {party},",
        ),
        (
            S(
                ("",),
                (
                    "We write on behalf of our client.",
                    "Please find enclosed the signed agreement.",
                    "We dispute your client's interpretation of clause {n}.",
                    "All rights are reserved.",
                    "Please let us have your reply by {date}.",
                ),
                3,
                5,
            ),
        ),
        ("Very truly yours,",),
    ),
    Form(
        "legal.letter",
        "fr",
        ("Cabinet Girard, avocats\n{lieu}, le {jour}\n\nMon cher confrère,", "{lieu}, le {jour}\n\nMaître,"),
        (
            S(
                ("",),
                (
                    "Je viens vers vous dans le dossier qui oppose nos clients.",
                    "Je vous prie de trouver ci-joint les conclusions.",
                    "Mon client conteste la demande.",
                    "L'audience est fixée au {jour}.",
                ),
                2,
                4,
            ),
        ),
        ("Votre bien dévoué confrère",),
    ),
    Form(
        "legal.court_filing",
        "en",
        (
            "IN THE UNITED STATES DISTRICT COURT\nFOR THE DISTRICT OF COLUMBIA\n\n{party}, Plaintiff,\nv.\n{party}, Defendant.\nCase No. {n}:{nn}-cv-{nnnn}",
            "SUPREME COURT OF THE STATE\n{party}, Appellant, v. {party}, Respondent",
            "COMPLAINT FOR DAMAGES\n{party} v. {party}",
        ),
        (
            S(
                ("", "background", "opinion", "memorandum and order", "argument"),
                (
                    "Plaintiff alleges that defendant breached the contract.",
                    "The motion to dismiss is DENIED.",
                    "We review de novo.",
                    "The district court granted summary judgment.",
                    "Defendant moves for an order.",
                    "Plaintiff demands a jury trial.",
                    "The court finds that venue is proper.",
                ),
                3,
                7,
            ),
        ),
        ("IT IS SO ORDERED.", "Respectfully submitted,"),
    ),
    Form(
        "legal.court_filing",
        "de",
        (
            "Landgericht {place}\nUrteil vom {datum}\nIn dem Rechtsstreit {partei} gegen {partei}",
            "Klageschrift\nAn das Amtsgericht {place}",
            "Beschluss\nOberlandesgericht {place}",
        ),
        (
            S(
                ("Tenor", "Tatbestand", "Entscheidungsgründe", "Gründe"),
                (
                    "Die Beklagte wird verurteilt, an die Klägerin {nnnn} EUR zu zahlen.",
                    "Die Klage wird abgewiesen.",
                    "Die Kosten des Rechtsstreits trägt der Beklagte.",
                    "Die zulässige Klage ist begründet.",
                    "Der Kläger beantragt.",
                ),
                2,
                5,
            ),
        ),
    ),
    Form(
        "legal.court_filing",
        "fr",
        (
            "TRIBUNAL JUDICIAIRE DE {lieu}\nJugement du {jour}\n{partie} contre {partie}",
            "COUR D'APPEL DE {lieu}\nARRÊT DU {jour}",
            "ASSIGNATION devant le tribunal de commerce",
        ),
        (
            S(
                ("Faits et procédure", "Motifs", "Par ces motifs", "Exposé du litige"),
                (
                    "Le demandeur sollicite la condamnation du défendeur.",
                    "Le tribunal déboute la demanderesse.",
                    "Condamne aux dépens.",
                    "Attendu que la demande est recevable.",
                    "Vu les conclusions.",
                ),
                2,
                5,
            ),
        ),
    ),
    _german(
        "employment",
        ("Arbeitsvertrag", "Anstellungsvertrag", "Befristeter Arbeitsvertrag", "Dienstvertrag"),
        (
            "Der Arbeitnehmer wird als Sachbearbeiter eingestellt.",
            "Das Bruttogehalt beträgt monatlich {nnnn} EUR.",
            "Die regelmäßige Arbeitszeit beträgt 40 Stunden.",
            "Die Probezeit dauert sechs Monate.",
            "Der Urlaub beträgt 30 Tage.",
            "Es gilt die gesetzliche Kündigungsfrist.",
        ),
    ),
    _german(
        "lease",
        ("Mietvertrag", "Wohnraummietvertrag", "Pachtvertrag", "Gewerbemietvertrag"),
        (
            "Der Vermieter vermietet dem Mieter die Wohnung.",
            "Die Miete beträgt monatlich {nnn} EUR.",
            "Der Mieter leistet eine Kaution.",
            "Schönheitsreparaturen trägt der Mieter.",
            "Das Mietverhältnis beginnt am {datum}.",
            "Die Betriebskosten werden jährlich abgerechnet.",
        ),
    ),
    _german(
        "nda",
        ("Geheimhaltungsvereinbarung", "Vertraulichkeitsvereinbarung", "Vertraulichkeitserklärung"),
        (
            "Vertrauliche Informationen sind alle nicht öffentlichen Kenntnisse.",
            "Der Empfänger darf sie nicht an Dritte weitergeben.",
            "Die Geheimhaltungspflicht gilt {n} Jahre fort.",
            "Unterlagen sind zurückzugeben.",
            "Eine Vertragsstrafe wird vereinbart.",
        ),
    ),
    _german(
        "data_processing_agreement",
        (
            "Auftragsverarbeitungsvertrag",
            "Vereinbarung zur Auftragsverarbeitung nach Art. 28 DSGVO",
            "Anlage Datenschutz",
        ),
        (
            "Der Auftragsverarbeiter verarbeitet personenbezogene Daten auf Weisung des Verantwortlichen.",
            "Unterauftragsverarbeiter bedürfen der Genehmigung.",
            "Technische und organisatorische Maßnahmen sind in Anlage 1 beschrieben.",
            "Verletzungen sind unverzüglich zu melden.",
            "Betroffenenrechte werden unterstützt.",
            "Nach Ende werden die Daten gelöscht.",
        ),
    ),
    _german(
        "services",
        ("Dienstleistungsvertrag", "Beratungsvertrag", "Werkvertrag", "Wartungsvertrag"),
        (
            "Der Auftragnehmer erbringt folgende Leistungen.",
            "Die Vergütung beträgt {nnn} EUR je Tag.",
            "Der Auftraggeber stellt die Unterlagen bereit.",
            "Die Abnahme erfolgt schriftlich.",
            "Der Vertrag läuft ein Jahr.",
        ),
    ),
    _german(
        "purchase",
        ("Kaufvertrag", "Liefervertrag"),
        (
            "Der Verkäufer verkauft dem Käufer die Sache.",
            "Der Kaufpreis beträgt {nnnn} EUR.",
            "Die Gefahr geht mit Übergabe über.",
            "Der Käufer hat die Ware unverzüglich zu prüfen.",
            "Eigentumsvorbehalt wird vereinbart.",
        ),
    ),
    _german(
        "licence",
        ("Lizenzvertrag", "Softwarelizenzvertrag"),
        (
            "Der Lizenzgeber räumt dem Lizenznehmer ein einfaches Nutzungsrecht ein.",
            "Die Lizenzgebühr beträgt {nnnn} EUR.",
            "Unterlizenzen sind ausgeschlossen.",
            "Der Quellcode wird hinterlegt.",
        ),
    ),
    _german(
        "loan",
        ("Darlehensvertrag", "Kreditvertrag"),
        (
            "Der Darlehensgeber gewährt ein Darlehen von {nnnn} EUR.",
            "Der Zinssatz beträgt {n} % p. a.",
            "Die Rückzahlung erfolgt in Raten.",
            "Sicherheiten werden bestellt.",
        ),
    ),
    _french(
        "employment",
        ("CONTRAT DE TRAVAIL À DURÉE INDÉTERMINÉE", "Contrat de travail", "CONTRAT À DURÉE DÉTERMINÉE"),
        (
            "Le salarié est engagé en qualité de comptable.",
            "La rémunération brute mensuelle est de {nnnn} euros.",
            "La période d'essai est de trois mois.",
            "La durée du travail est de 35 heures.",
            "Les congés payés sont acquis selon la loi.",
        ),
    ),
    _french(
        "lease",
        ("CONTRAT DE LOCATION", "BAIL D'HABITATION", "Bail commercial"),
        (
            "Le bailleur donne à bail au preneur les locaux.",
            "Le loyer mensuel est fixé à {nnn} euros.",
            "Un dépôt de garantie est versé.",
            "Le locataire entretient les lieux.",
            "Le bail est consenti pour trois ans.",
        ),
    ),
    _french(
        "nda",
        ("ACCORD DE CONFIDENTIALITÉ", "Engagement de confidentialité", "ACCORD DE NON-DIVULGATION"),
        (
            "Les informations confidentielles désignent toute information non publique.",
            "La partie réceptrice s'interdit de les divulguer.",
            "L'obligation dure {n} ans.",
            "Les documents sont restitués.",
        ),
    ),
    _french(
        "data_processing_agreement",
        (
            "ACCORD DE TRAITEMENT DES DONNÉES",
            "Contrat de sous-traitance de données personnelles",
            "Annexe : protection des données (article 28 RGPD)",
        ),
        (
            "Le sous-traitant traite les données pour le compte du responsable du traitement.",
            "Le sous-traitant ultérieur est soumis à autorisation.",
            "Les mesures techniques et organisationnelles sont décrites en annexe.",
            "Toute violation est notifiée sans délai.",
            "Les données sont supprimées au terme du contrat.",
        ),
    ),
    _french(
        "services",
        ("CONTRAT DE PRESTATION DE SERVICES", "Contrat de maintenance", "CONVENTION DE CONSEIL"),
        (
            "Le prestataire réalise les prestations suivantes.",
            "Le prix est de {nnn} euros par jour.",
            "Le client fournit les informations.",
            "La durée est d'un an.",
        ),
    ),
    _french(
        "purchase",
        ("CONTRAT DE VENTE", "Contrat de fourniture"),
        (
            "Le vendeur cède à l'acheteur le bien.",
            "Le prix de vente est de {nnnn} euros.",
            "Le transfert de propriété intervient au paiement.",
            "Le vendeur garantit les vices cachés.",
        ),
    ),
    _french(
        "loan",
        ("CONTRAT DE PRÊT", "Reconnaissance de dette"),
        (
            "Le prêteur remet la somme de {nnnn} euros.",
            "Le taux d'intérêt est de {n} % par an.",
            "L'emprunteur rembourse par mensualités.",
        ),
    ),
    Form(
        "legal.legal_notice",
        "fr",
        ("Mentions légales", "MENTIONS LÉGALES"),
        (
            S(
                ("Éditeur", "Éditeur du site", ""),
                (
                    "Le site est édité par {partie}, au capital de {nn} 000 euros.",
                    "Directeur de la publication : M. Petit.",
                    "Hébergeur : Nuage SAS, {lieu}.",
                    "RCS {lieu} {nnn} {nnn} {nnn}.",
                    "Contact : contact@exemple.example",
                ),
                3,
                5,
                1.0,
                True,
            ),
            S(
                ("Propriété intellectuelle",),
                ("Le contenu du site est protégé.", "Toute reproduction est interdite."),
                1,
                2,
                0.7,
            ),
        ),
    ),
    Form(
        "legal.legal_notice",
        "de",
        ("Impressum",),
        (
            S(
                ("Angaben gemäß § 5 DDG", "", "Anbieter"),
                (
                    "{partei}, Hauptstraße {n}, {place}",
                    "Vertreten durch: Klaus Meier",
                    "Registergericht: Amtsgericht {place}, HRB {nnnn}",
                    "Umsatzsteuer-ID: DE{nnn}{nnn}{nnn}",
                    "E-Mail: info@beispiel.example",
                    "Verantwortlich für den Inhalt nach § 18 MStV",
                ),
                3,
                6,
                1.0,
                True,
            ),
            S(
                ("Haftung für Links", "Streitschlichtung"),
                (
                    "Für fremde Inhalte übernehmen wir keine Gewähr.",
                    "Plattform zur Online-Streitbeilegung der EU",
                ),
                1,
                2,
                0.7,
            ),
        ),
    ),
    Form(
        "legal.privacy_policy",
        "de",
        (
            "Datenschutzerklärung",
            "Datenschutzhinweise",
            "Hinweise zum Datenschutz",
            "Informationen zur Datenverarbeitung nach Art. 13 DSGVO",
        ),
        (
            S(
                ("Verantwortlicher", "1. Verantwortliche Stelle"),
                (
                    "Verantwortlicher im Sinne der DSGVO ist {partei}, {place}.",
                    "Unseren Datenschutzbeauftragten erreichen Sie per E-Mail.",
                ),
                1,
                2,
            ),
            S(
                (
                    "Zwecke und Rechtsgrundlagen",
                    "2. Erhebung personenbezogener Daten",
                    "Server-Logfiles",
                    "Kontaktformular",
                ),
                (
                    "Wir verarbeiten personenbezogene Daten, wenn Sie unsere Website besuchen.",
                    "Rechtsgrundlage ist Art. 6 Abs. 1 lit. f DSGVO.",
                    "Ihre IP-Adresse wird gespeichert.",
                    "Wir setzen Cookies ein.",
                    "Die Speicherdauer beträgt {n} Monate.",
                ),
                2,
                4,
            ),
            S(
                ("Ihre Rechte", "Betroffenenrechte"),
                (
                    "Sie haben das Recht auf Auskunft, Berichtigung und Löschung.",
                    "Sie können Ihre Einwilligung widerrufen.",
                    "Es besteht ein Beschwerderecht bei der Aufsichtsbehörde.",
                ),
                1,
                3,
            ),
        ),
    ),
    Form(
        "legal.cookie_policy",
        "de",
        ("Cookie-Richtlinie", "Cookie-Hinweise"),
        (
            S(
                ("Was sind Cookies?",),
                ("Cookies sind kleine Textdateien.", "Sie werden auf Ihrem Gerät gespeichert."),
                1,
                2,
            ),
            S(
                ("Welche Cookies wir verwenden", "Arten von Cookies"),
                (
                    "Notwendige Cookies, Analyse-Cookies und Marketing-Cookies.",
                    "Sitzungscookies werden gelöscht, Drittanbieter-Cookies bleiben.",
                    "Wir nutzen Pixel und ähnliche Technologien.",
                ),
                1,
                3,
            ),
            S(
                ("Cookies verwalten",),
                ("Sie können Cookies in Ihrem Browser löschen oder deaktivieren.",),
                1,
                1,
            ),
        ),
    ),
    Form(
        "legal.policy",
        "de",
        (
            "Verhaltenskodex",
            "Nutzungsrichtlinie",
            "Community-Richtlinien",
            "Erklärung gegen moderne Sklaverei",
        ),
        (
            S(
                ("", "Grundsätze"),
                (
                    "Respektvoller Umgang ist Pflicht.",
                    "Hassrede ist nicht erlaubt.",
                    "Verstöße können zum Ausschluss führen.",
                    "Bestechung wird nicht geduldet.",
                    "Melden Sie Verstöße an die Redaktion.",
                ),
                3,
                5,
            ),
        ),
    ),
    Form(
        "legal.policy",
        "fr",
        ("Charte de bonne conduite", "Règles de la communauté", "Charte éthique", "Charte de modération"),
        (
            S(
                ("", "Principes"),
                (
                    "Les propos haineux sont interdits.",
                    "Tout contenu illicite est supprimé.",
                    "Les utilisateurs se respectent.",
                    "La corruption n'est pas tolérée.",
                    "Signalez tout manquement.",
                ),
                3,
                5,
            ),
        ),
    ),
)
