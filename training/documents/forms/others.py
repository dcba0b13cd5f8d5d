"""Forms of documents that are of none of the kinds: everyday and office texts in three languages."""

from __future__ import annotations

from docassay.training.documents.forms.form import Bank, Form, Section

S = Section
NONE = "none"

BANK: Bank = {
    "thing": ["printer", "bicycle", "washing machine", "router", "coffee maker", "tent", "camera"],
    "ding": ["Drucker", "Fahrrad", "Waschmaschine", "Router", "Zelt", "Kamera"],
    "objet": ["imprimante", "vélo", "machine à laver", "routeur", "tente", "appareil photo"],
    "person": ["Anna", "Mr. Hill", "Peter", "Dr. Brown", "Julia", "the committee"],
    "ort": ["Berlin", "am See", "in der Schule", "im Rathaus"],
    "lieu": ["à Lyon", "au lac", "à l'école", "à la mairie"],
    "date": ["12 May", "Friday", "3 June 2024", "next week"],
}

FORMS = (
    Form(
        NONE,
        "en",
        ("MINUTES OF THE MEETING\n{date}", "Meeting notes", "Agenda"),
        (
            S(("Attendees", "Present"), ("{person}, {person}, {person}",), 1, 1),
            S(
                ("Discussion", "1. Welcome", "Actions"),
                (
                    "{person} opened the meeting.",
                    "The budget for the summer party was agreed.",
                    "{person} will order the {thing}.",
                    "Next meeting on {date}.",
                ),
                2,
                4,
            ),
        ),
    ),
    Form(
        NONE,
        "en",
        ("USER MANUAL\n{thing}", "Quick start guide", "Installation instructions"),
        (
            S(
                ("Safety", "Warning", "Contents"),
                ("Read all instructions before use.", "Do not open the {thing}."),
                1,
                2,
            ),
            S(
                ("Operation", "Setup", "Troubleshooting"),
                (
                    "Connect the {thing} to the mains.",
                    "Press the button for {n} seconds.",
                    "If the light blinks, restart the {thing}.",
                    "Clean with a dry cloth.",
                ),
                2,
                4,
            ),
        ),
    ),
    Form(
        NONE,
        "en",
        ("Chapter {n}", "", "The Lighthouse"),
        (
            S(
                ("",),
                (
                    "The rain had stopped when {person} came to the door.",
                    "Nobody spoke for a long time.",
                    "She remembered the summer by the river.",
                    "The train was late again.",
                    "He laughed and put on his coat.",
                ),
                3,
                5,
            ),
        ),
    ),
    Form(
        NONE,
        "en",
        ("Curriculum Vitae", "RESUME\n{person}"),
        (
            S(
                ("Experience", "Work history"),
                (
                    "Teacher at a primary school, {year} to {year}.",
                    "Developer of web applications.",
                    "Shop assistant.",
                ),
                1,
                3,
                1.0,
                True,
            ),
            S(
                ("Education", "Skills"),
                ("BSc in physics, {year}.", "English, Spanish, driving licence."),
                1,
                2,
                1.0,
                True,
            ),
        ),
    ),
    Form(
        NONE,
        "en",
        (
            "Introduction to photosynthesis",
            "A short history of the bicycle",
            "Abstract algebra: lecture {n}",
            "README",
        ),
        (
            S(
                ("", "Overview", "Background"),
                (
                    "Plants turn light into sugar.",
                    "The first bicycles had no pedals.",
                    "A group is a set with an operation.",
                    "Install the package with the command below.",
                    "This project parses log files.",
                ),
                2,
                4,
            ),
            S(
                ("Exercises", "Usage", "Further reading"),
                ("Show that the identity is unique.", "Run the tests.", "See the list of books."),
                1,
                2,
            ),
        ),
    ),
    Form(
        NONE,
        "en",
        ("{date} — Local news", "City council approves new park", "Team wins in extra time"),
        (
            S(
                ("",),
                (
                    "Residents welcomed the decision on {date}.",
                    "The match ended three to two.",
                    "Police closed the road for {n} hours.",
                    "The museum opens its new hall.",
                    "Weather: sunny, {nn} degrees.",
                ),
                3,
                5,
            ),
        ),
    ),
    Form(
        NONE,
        "en",
        ("Travel itinerary", "Shopping list", "Menu", "Timetable", "Recipe: apple pie"),
        (
            S(
                ("",),
                (
                    "Flour, sugar, butter, {n} eggs",
                    "08:{nn} train to the coast",
                    "Soup of the day",
                    "Check in at {n} p.m.",
                    "Bake for {nn} minutes.",
                ),
                2,
                5,
                1.0,
                True,
            ),
        ),
    ),
    Form(
        NONE,
        "de",
        ("Protokoll der Sitzung", "Tagesordnung", "Einladung zum Sommerfest"),
        (
            S(
                ("Anwesend", "TOP {n}", ""),
                (
                    "Frau Sommer begrüßt die Mitglieder.",
                    "Der Ausflug findet {ort} statt.",
                    "Herr Brandt kauft den {ding}.",
                    "Nächstes Treffen im Mai.",
                ),
                2,
                4,
            ),
        ),
    ),
    Form(
        NONE,
        "de",
        ("Bedienungsanleitung\n{ding}", "Montageanleitung"),
        (
            S(
                ("Sicherheitshinweise", "Inbetriebnahme", "Reinigung"),
                (
                    "Lesen Sie die Anleitung vor Gebrauch.",
                    "Schließen Sie den {ding} an.",
                    "Drücken Sie die Taste {n} Sekunden.",
                    "Nicht mit Wasser reinigen.",
                ),
                2,
                4,
            ),
        ),
    ),
    Form(
        NONE,
        "de",
        ("", "Kapitel {n}", "Lebenslauf", "Rezept: Apfelkuchen", "Lokales"),
        (
            S(
                ("",),
                (
                    "Der Regen hörte auf, als sie die Tür öffnete.",
                    "Die Mannschaft gewann drei zu zwei.",
                    "Mehl, Zucker und {n} Eier verrühren.",
                    "Abitur {year}, Studium der Physik.",
                    "Das Museum öffnet eine neue Halle.",
                    "Am Samstag fahren wir {ort}.",
                ),
                2,
                4,
            ),
        ),
    ),
    Form(
        NONE,
        "fr",
        ("Compte rendu de réunion", "Ordre du jour", "Invitation à la fête"),
        (
            S(
                ("Présents", "Point {n}", ""),
                (
                    "Mme Roy ouvre la séance.",
                    "La sortie aura lieu {lieu}.",
                    "Le budget de la fête est adopté.",
                    "Prochaine réunion en mai.",
                ),
                2,
                4,
            ),
        ),
    ),
    Form(
        NONE,
        "fr",
        ("Mode d'emploi\n{objet}", "Notice de montage"),
        (
            S(
                ("Sécurité", "Mise en service", "Entretien"),
                (
                    "Lisez la notice avant usage.",
                    "Branchez l'appareil.",
                    "Appuyez {n} secondes.",
                    "Nettoyez avec un chiffon sec.",
                ),
                2,
                4,
            ),
        ),
    ),
    Form(
        NONE,
        "fr",
        ("", "Chapitre {n}", "Curriculum vitae", "Recette : tarte aux pommes", "Actualités locales"),
        (
            S(
                ("",),
                (
                    "La pluie cessa quand elle ouvrit la porte.",
                    "L'équipe gagne trois à deux.",
                    "Mélangez la farine, le sucre et {n} œufs.",
                    "Baccalauréat {year}, licence de physique.",
                    "Le musée ouvre une nouvelle salle.",
                    "Samedi nous irons {lieu}.",
                ),
                2,
                4,
            ),
        ),
    ),
)
