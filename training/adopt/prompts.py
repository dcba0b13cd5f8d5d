"""The translated sentences that the larger model is shown, by source language.

Written for this purpose; none comes from a corpus that is trained or tested on. They are short, since
each sentence waits for them to be read once a process, and of the kinds that documents hold: a clause,
an amount, a note, a line of a letter, a title.
"""

EXAMPLES: dict[str, tuple[str, tuple[tuple[str, str], ...]]] = {
    "fr": (
        "French",
        (
            (
                "Le locataire ne peut sous-louer les locaux sans l'accord écrit du bailleur.",
                "The tenant may not sublet the premises without the written consent of the landlord.",
            ),
            (
                "La facture de 1 570,50 € est payable dans les trente jours suivant la livraison.",
                "The invoice of €1,570.50 is payable within thirty days of delivery.",
            ),
            (
                "La patiente, âgée de 62 ans, nie toute douleur thoracique et ne prend aucun anticoagulant.",
                "The patient, aged 62, denies any chest pain and does not take any anticoagulant.",
            ),
            (
                "Nous vous remercions de votre courrier et vous répondrons au plus tard vendredi.",
                "Thank you for your letter; we will reply by Friday at the latest.",
            ),
            ("Chapitre II : Obligations du vendeur", "Chapter II: Obligations of the seller"),
        ),
    ),
    "de": (
        "German",
        (
            (
                "Der Mieter darf die Räume ohne schriftliche Zustimmung des Vermieters nicht untervermieten.",
                "The tenant may not sublet the rooms without the written consent of the landlord.",
            ),
            (
                "Die Rechnung über 1.570,50 € ist innerhalb von dreißig Tagen nach Lieferung zu zahlen.",
                "The invoice of €1,570.50 is to be paid within thirty days of delivery.",
            ),
            (
                "Die 62-jährige Patientin verneint Brustschmerzen und nimmt keine Blutverdünner ein.",
                "The 62-year-old patient denies chest pain and does not take any blood thinners.",
            ),
            (
                "Wir danken Ihnen für Ihr Schreiben und werden spätestens am Freitag antworten.",
                "Thank you for your letter; we will reply by Friday at the latest.",
            ),
            ("Kapitel II: Pflichten des Verkäufers", "Chapter II: Obligations of the seller"),
        ),
    ),
}
