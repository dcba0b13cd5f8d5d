"""Titles tell the type of a document, however they are spelt and whatever stands before them."""

from __future__ import annotations

import pytest

from docassay import domains


def titled(text: str, title: str | None = None) -> list[str]:
    loaded = [domains.load(name) for name in ("financial", "legal", "medical")]
    return [kind.name for domain in loaded for kind in domain.titled(title, text)]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("CONTRAT DE PRET\nEntre Lune et Roe", "loan"),
        ("ACCORD DE CONFIDENTIALITE\nEntre Lune et Roe", "nda"),
        ("CHARTE DE MODERATION\nSoyez polis.", "policy"),
        ("MENTIONS LEGALES\nLune SARL", "legal_notice"),
        ("RELEVE DE COMPTE\nMai", "bank_statement"),
        ("COMPTE-RENDU OPERATOIRE\nGenou gauche", "operative_note"),
        ("Datenschutzerklaerung\nWir speichern nichts.", "privacy_policy"),
        ("Auftragsbestaetigung Nr. 12", "purchase_order"),
    ],
)
def test_a_title_may_lack_its_accents(text: str, kind: str) -> None:
    assert kind in titled(text)


FIELDS = "---\nlayout: page\n" + "".join(f"keyword_{n}: a field of the page\n" for n in range(30))
LONG_FIELDS = "---\n" + "".join(f"keyword_{n}: a field of the page\n" for n in range(120)) + "---\n"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (f"{FIELDS}title: Cookie Policy\n---\nWe set two.", "cookie_policy"),
        (f"{FIELDS}post_title: 'Impressum'\n---\nImkerei Plön", "legal_notice"),
        (f"{FIELDS}---\n\n# Privacy Policy\n\nWe keep nothing.", "privacy_policy"),
        (f"{LONG_FIELDS}\n# Booking Conditions\n\nPay first.", "terms_of_service"),
        (f'+++\ntitle = "Terms of Service"\n{FIELDS[4:]}+++\nYou row at your own risk.', "terms_of_service"),
        (
            "\\documentclass{article}\n"
            + "\\usepackage{honey}\n" * 40
            + "\\title{Lease Agreement}\n\\begin{document}\n\\maketitle\nA boat.\n\\end{document}",
            "lease",
        ),
        (
            "\\documentclass{article}\n"
            + "% a remark\n" * 80
            + "\\begin{document}\n\\section*{Vereinssatzung}\nDer Verein rudert.",
            "corporate_record",
        ),
        (
            "Home\nContact\n" + "Boats of oak\n" * 60 + "News\n\nPrivacy Policy\nWe keep nothing.",
            "privacy_policy",
        ),
    ],
)
def test_a_title_stands_below_fields_commands_and_menus(text: str, kind: str) -> None:
    assert kind in titled(text)


def test_fields_of_a_page_are_no_title() -> None:
    assert not titled("---\ncategory:\nprivacy\ntags:\n  - cookies\ntitle: Honey\n---\nIt comes from Kent.")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Addendum\nto the lease dated 3 May", "amendment"),
        ("Änderungsvereinbarung\nDie Miete steigt.", "amendment"),
        ("AV-Vertrag\nMond GmbH", "data_processing_agreement"),
        ("Verpflichtung zur Vertraulichkeit\nIch schweige.", "nda"),
        ("Collective Bargaining\nAgreement\nbetween", "employment"),
        ("Werkstudentenvertrag\nZwischen", "employment"),
        ("Contrat de colocation\nEntre", "lease"),
        ("Loan note\nMoon Ltd", "loan"),
        ("Lune\nPolitique cookies\nNous en posons deux.", "cookie_policy"),
        ("# Datenschutz\n\nWir speichern nichts.", "privacy_policy"),
        ("Datenschutzbelehrung\nWir speichern nichts.", "privacy_policy"),
        ("Politique de protection des données\nNous effaçons tout.", "privacy_policy"),
        ("Notice of Privacy Practices\nThis notice", "privacy_policy"),
        ("# Disclaimer\n\nUse at your own risk.", "legal_notice"),
        ("Les Amis du Lac\nRÈGLEMENT INTÉRIEUR\nSoyez polis.", "policy"),
        ("Hausordnung\nRuhe ab zehn.", "policy"),
        ("Before you row\n\nBooking Conditions\n\nPay first.", "terms_of_service"),
        ("Widerrufsbelehrung\nSie können widerrufen.", "terms_of_service"),
        ("Conditions de location | Lune\nPayez d'abord.", "terms_of_service"),
        ("Lake Ordinance\nNobody may fish.", "statute"),
        ("Arrêté municipal du 3 mai\nNul ne peut pêcher.", "statute"),
        ("Beitragsordnung\nZehn Euro im Jahr.", "corporate_record"),
        ("Protokoll der Gründungsversammlung vom 3. Mai\nAnwesend", "corporate_record"),
        ("Procès-verbal de l'assemblée générale du 3 mai\nPrésents", "corporate_record"),
        ("Photo & Video Release - Moon Camp\nI agree", "licence"),
        ("Statement of Work\nbetween Moon and Roe", "services"),
        ("Rahmenvertrag\nZwischen", "contract"),
        ("Lohn- und Gehaltsabrechnung Mai\nBrutto", "payslip"),
        ("Avis de taxe foncière 2024\nLune", "tax_form"),
        ("Bill of lading\nTen crates", "delivery_note"),
        ("SEPA-Lastschriftmandat\nIch ermächtige", "payment_instruction"),
        ("MOON I N V O I C E #1\nA boat", "invoice"),
        ("Untersuchungsbefund\nEisen 12", "laboratory_report"),
        ("Bilan hépatique\nASAT 12", "laboratory_report"),
        ("Biopsy Report\nSkin", "pathology_report"),
        ("Einwilligung in die Behandlung\nIch willige ein.", "consent_form"),
        ("Telehealth Consent\nI agree", "consent_form"),
        ("Epikrise\nFrau Roe", "discharge_summary"),
        ("Narkoseprotokoll\nBeginn 9 Uhr", "operative_note"),
        ("MRT-Befund Knie\nKein Riss", "imaging_report"),
        ("Anamnesebogen\nAllergien:", "visit_note"),
    ],
)
def test_a_line_that_is_a_title_and_no_more_tells_the_type(text: str, kind: str) -> None:
    assert kind in titled(text)


@pytest.mark.parametrize(
    "text",
    [
        "# oar\n\nA parser.\n\n## Datenschutz\n\nEs wird nichts gesendet.",
        "# oar\n\nA parser.\n\n## Data protection\n\nNothing is sent.",
        "Rudern am See\n\nKündigung\n\nWer geht, sagt es.",
        "How we wrote our booking conditions in a week",
        "Die Hausordnung der Burg war streng, und der Koch fürchtete sie.",
        "A contract of carriage is a strange thing\nAn essay",
        "Warum Datenschutz wichtig ist\nEin Aufsatz",
        "Le règlement intérieur, une histoire\nUn roman",
    ],
)
def test_a_heading_further_down_and_a_sentence_are_no_titles(text: str) -> None:
    assert not titled(text)


ARTICLES = [
    "# Study Plan\n\n"
    "I want to learn enough about compilers by the summer to write one of my own. In the first two "
    "weeks I read about scanners and write one for a toy language. Weeks three and four are for "
    "parsers, and after that I look at code generation. Every evening has an hour of reading and an "
    "hour of typing, and on Sundays I write down what I have understood and what I have not. A friend "
    "asks me questions on Mondays.",
    "# Sales Order\n\n"
    "This module adds a screen to the shop in which the staff can look at what was sold. Install it "
    "with the package manager, add its name to the list of modules and run the migrations. The screen "
    "has a filter by day and by name, and it can be extended by hooks, of which the folder of examples "
    "shows four. Tests run with make test, and patches are welcome if they come with a test and follow "
    "the style of the code around them.",
    "Raumordnung\n\n"
    "Unter diesem Begriff versteht man die übergeordnete Planung eines Gebiets über die Grenzen der "
    "Gemeinden hinaus. Sie entstand in den zwanziger Jahren, als die Städte an der Ruhr zusammenwuchsen "
    "und niemand wusste, wohin mit den Straßen und den Siedlungen. Geographen streiten bis heute "
    "darüber, wo sie endet und wo die Stadtplanung beginnt. In den Alpen spielt der Schutz vor Lawinen "
    "eine Rolle, an der Küste der vor Fluten, und überall fehlt es an Platz.",
    "# House Rules\n\n"
    "Our table has played the same campaign for six years, and these are the changes that stuck. A "
    "critical hit deals the greatest damage of the dice and a roll on top. Drinking a potion is a bonus "
    "action, feeding it to a friend is not. After a long rest, half of the hit dice come back. Flanking "
    "gives two and no more, since the rogue complained. Whoever brings the snacks may reroll one die "
    "each evening, but only one, and not a saving throw.",
    "Executive Order\n\n"
    "The term stands for a directive by which the president steers the offices of the government. "
    "Washington wrote eight of them, and Roosevelt more than three thousand. Historians count them in "
    "different ways, as the early ones bore no numbers and some were lost. This article tells how they "
    "came to be printed, which of them were struck down, and why each new president begins with a pile "
    "of folders, a pen and photographers in the room.",
    "Gesellschaftsvertrag\n\n"
    "Die Idee, dass Menschen sich einst zusammengetan und dabei ihre Freiheit aufgegeben haben, gehört "
    "zu den großen Erzählungen der politischen Philosophie. Hobbes sah darin den Ausweg aus dem Krieg "
    "aller gegen alle, Locke eine Sicherung des Eigentums und Rousseau den Ursprung des Gemeinwillens. "
    "Hume spottete, niemand habe je davon gehört. Im zwanzigsten Jahrhundert griff Rawls den Gedanken "
    "auf und stellte die Menschen hinter einen Schleier.",
    "# Test results\n\n"
    "All three hundred tests passed on Linux and on macOS. On Windows two of them were skipped, because "
    "links cannot be made there without rights. The slowest one takes four seconds, since it starts a "
    "server, and it is marked as slow. Coverage went up by one per cent with the last change. The "
    "folder of logs holds the output of each run, and a badge on the front page shows the last one. "
    "Flaky tests are listed in a file of their own.",
    "# Patient Summary\n\n"
    "This guide describes profiles by which hospitals exchange data with each other. It builds on the "
    "resources of the base standard and narrows them down where countries disagree. A composition holds "
    "sections, and each section points at entries of a bundle. Examples in XML and JSON can be "
    "downloaded as an archive. Comments are welcome on the tracker, and the ballot closes at the end of "
    "the month, after which the editors meet once more.",
    "Terms\n\n"
    "A term is a word of the glossary, and this page lists those that the manual uses. A build is made "
    "of steps, and a step runs on a runner. A runner is a machine that waits for work. An artefact is "
    "what a build leaves behind, and a cache is what the next build finds. A pipeline is a row of "
    "builds, the last of which often puts something online. Words in italics are explained elsewhere, "
    "and words in bold are names of commands of the tool itself.",
    "Vie privée\n\n"
    "Marie rentra vers minuit, posa ses clés sur la commode et regarda la fenêtre d'en face, où une "
    "lampe brûlait encore. Elle connaissait chaque geste du vieil homme, la tasse, le livre, le chat "
    "sur les genoux, et lui ne savait rien d'elle. Au matin, la lampe brûlait toujours. Elle descendit, "
    "traversa la cour sous la pluie et frappa à une porte qu'elle n'avait jamais vue de près. Personne "
    "ne répondit, mais derrière la porte quelqu'un marchait.",
    "Einwilligung in der Philosophie\n\n"
    "Was heißt es, einer Sache zuzustimmen? Der Aufsatz geht der Frage bei Kant und bei Mill nach und "
    "findet zwei Antworten, die sich nicht vertragen. Für den einen zählt, ob der Wille sich selbst ein "
    "Gesetz gibt, für den anderen, ob jemand zu Schaden kommt. Beide helfen wenig, sobald Menschen "
    "müde, verliebt oder arm sind. Am Ende steht ein Vorschlag, der beim Gespräch anfängt statt beim "
    "einzelnen Menschen und seinem Willen.",
    "# Packliste\n\n"
    "Für die Tour im August nehmen wir so wenig mit wie möglich, denn der Weg zur Hütte ist steil. In "
    "den Rucksack gehören ein Schlafsack, eine Jacke gegen den Regen, eine Lampe für die Stirn, ein "
    "Messer, Creme gegen die Sonne und Pflaster für die Füße. Wer kocht, trägt den Topf, und wer den "
    "Topf trägt, bekommt das erste Brot. Schuhe werden vorher eingelaufen. Karten hat die Anna, und den "
    "Schlüssel holen wir unten im Dorf beim Bäcker.",
    "# Cashbook\n\n"
    "A small program for the shell that keeps track of pocket money. It writes plain text, one line for "
    "each thing bought, and draws a chart of the month with letters. I wrote it over a weekend to learn "
    "the language, so do not look too closely at the parser. Build it with make and copy the program to "
    "a folder of the path. There is a page of help, and a plugin for an editor lives in a folder of its "
    "own. Bugs go to the tracker.",
    "# Session notes\n\n"
    "I had to talk to an old web service last week, and this is what I learnt. An envelope holds a "
    "header and a body, and both are XML. The description of the service is a file that tools turn into "
    "classes, which works until it does not. Faults come back with a status of five hundred even if "
    "nothing broke. Log the raw message before anything else, mind the names of the spaces, and ask the "
    "people on the other side which version they speak.",
    "Taxe foncière 2031 : le dossier\n\n"
    "Chaque automne, le sujet revient à la table des familles. Notre dossier raconte d'où vient cet "
    "impôt, inventé à la Révolution pour remplacer la gabelle et la taille, et pourquoi il a survécu à "
    "tous les régimes. Un historien explique le cadastre de Napoléon, une maire parle de son école à "
    "réparer, et deux voisins comparent leurs maisons, l'une avec un jardin, l'autre sans. Une carte "
    "montre où il a le plus augmenté.",
    "# Blutwerte\n\n"
    "Was bedeuten all die Abkürzungen, die der Hausarzt beim Gespräch vorliest? In diesem Beitrag "
    "erklären wir, was gemessen wird und weshalb. Ein hoher Wert ist nicht immer ein Grund zur Sorge, "
    "und ein niedriger kann am Frühstück liegen. Wer am Abend vorher läuft, verändert mehr, als er "
    "glaubt. Eine Ärztin erzählt, welche Fragen ihr am häufigsten gestellt werden, und warum sie manche "
    "Zahlen gar nicht mehr anschaut, wenn es einem Menschen gut geht.",
    "Motion for a new bridge\n\n"
    "The council asked everybody who lives near the river what they think of the new bridge. Four "
    "hundred people answered, more than ever before. Most of them want a lane for bicycles and a bench "
    "in the middle, and many fear the noise of the works. Anglers worry about the pillars. A school "
    "sent drawings, of which the best hangs in the hall. The councillors will talk about it in spring, "
    "and a model of wood will be on show at the library.",
    "Pouvoir\n\n"
    "Il est partout, disait Foucault, et c'est ce qui le rend si difficile à saisir. Cet essai relit "
    "ses cours au Collège de France, de la prison à la sexualité, et les critiques que lui adressèrent "
    "Habermas et les historiens. Le premier chapitre suit un mot, la discipline, à travers les "
    "casernes, les écoles et les ateliers. Le second cherche ce qu'il reste de la liberté. On y croise "
    "aussi Nietzsche, La Boétie et quelques gardiens de nuit fatigués.",
    "# Disclaimer\n\n"
    "The characters of this story are not mine, they belong to the author of the books, who is richer "
    "than I am. It was raining when the three of them came to the castle, and the gate was shut. "
    "Somebody had painted a fox on it. Ron would have laughed, but he was too wet. They walked along "
    "the wall until they found a window without glass, and behind it a kitchen in which a kettle sang "
    "and nobody, nobody at all, was waiting for the tea.",
    "Addendum\n\n"
    "In my last post I forgot to thank Jo, who found the bug in the parser. The numbers in the second "
    "table were wrong as well, because I had measured the debug build: the new version is twelve per "
    "cent faster, not twenty-one. Several readers asked about memory, so I drew a third chart. It falls "
    "at first and rises later, and I do not know why. If somebody has an idea, write to me. The scripts "
    "are in the same place as before, with a new seed.",
    "Tarifvertrag\n\n"
    "Ein Hörspiel in drei Akten. Der Alte steht am Fenster und zählt die Züge. Unten streiten zwei "
    "Kinder um ein Rad, und im Treppenhaus riecht es nach Kohl. Im ersten Akt kommt eine Frau mit einem "
    "Koffer, im zweiten geht sie wieder, und im dritten weiß keiner mehr, ob sie da war. Die Musik ist "
    "von einer Kapelle aus Graz. Die Sendung wurde an vier Abenden aufgenommen, mit einem Hund, der an "
    "der falschen Stelle bellte und bleiben durfte.",
]


@pytest.mark.parametrize("text", ARTICLES, ids=[text.split("\n")[0] for text in ARTICLES])
def test_articles_manuals_and_games_bear_no_title_of_a_document(text: str) -> None:
    assert not titled(text)


def test_an_article_below_a_long_front_matter_has_no_title() -> None:
    assert not titled(LONG_FIELDS + "\n" + ARTICLES[0])


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("Accord de sous-traitance (article 28 RGPD)", "data_processing_agreement"),
        ("Anfrage zur Teilnahme an einem Forschungsprojekt", "consent_form"),
        ("Auftragsbestätigung AB-2024-17", "purchase_order"),
        ("AVV\nÜber die Auftragsverarbeitung", "data_processing_agreement"),
        ("CMR-Frachtbrief", "delivery_note"),
        ("Convention de traitement des données personnelles", "data_processing_agreement"),
        ("Demande de participation à une étude", "consent_form"),
        ("Formulaire d’information et de consentement", "consent_form"),
        ("Liste de colisage", "delivery_note"),
        ("Patientenrechnung", "bill"),
        ("Request to participate in medical research", "consent_form"),
        ("Vertrag über die Verarbeitung von Daten im Auftrag", "data_processing_agreement"),
    ],
)
def test_papers_of_trade_and_of_studies_are_known_by_their_names(title: str, kind: str) -> None:
    assert kind in titled(f"{title}\nRuderclub Lund")
