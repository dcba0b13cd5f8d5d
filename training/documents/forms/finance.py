"""Forms of filings' covers and of other financial documents."""

from __future__ import annotations

from docassay.training.documents.forms.form import Bank, Form, Section

S = Section

BANK: Bank = {
    "company": [
        "Harbor Industries, Inc.",
        "NORTHFIELD BANCORP",
        "Alder Pharmaceuticals plc",
        "Quarry Energy Corporation",
        "Meridian Trust",
        "BlueLake Software, Inc.",
        "Tessera Mining Ltd.",
        "Orchid Holdings N.V.",
    ],
    "state": [
        "Delaware",
        "Nevada",
        "Ontario, Canada",
        "The Netherlands",
        "Maryland",
        "Cayman Islands",
        "New York",
    ],
    "date": ["March 31, 2024", "December 31, 2022", "June 30, 2021", "October 4, 2023", "January 15, 2025"],
    "person": ["John A. Marsh", "Susan Lee", "P. Okonkwo", "Maria Fischer", "David Stone"],
    "amount": ["$1,250,000", "$48.3 million", "$2.1 billion", "$315,400", "EUR 12.5 million", "$0.42"],
    "bank": ["First Harbor Bank", "Sparkasse Neuhof", "Banque du Lac", "Union Credit"],
}

_SEC = (
    "UNITED STATES\nSECURITIES AND EXCHANGE COMMISSION\nWashington, D.C. 20549\n\n",
    "SECURITIES AND EXCHANGE COMMISSION\nWASHINGTON, DC 20549\n",
    "Table of Contents\n\nUNITED STATES SECURITIES AND EXCHANGE COMMISSION\nWashington, D.C. 20549\n\n",
    "",
)
_REGISTRANT = S(
    ("",),
    (
        "{company}\n(Exact name of registrant as specified in its charter)",
        "Commission file number {n}-{nnnn}",
        "{state}\n(State or other jurisdiction of incorporation)",
        "(I.R.S. Employer Identification No.) {nn}-{nnnn}{nnn}",
        "(Address of principal executive offices)",
        "Registrant's telephone number, including area code: ({nnn}) {nnn}-{nnnn}",
    ),
    3,
    6,
    1.0,
    True,
)
_BOXES = S(
    ("",),
    (
        "Indicate by check mark whether the registrant is a large accelerated filer.",
        "Securities registered pursuant to Section 12(b) of the Act:",
        "Title of each class | Trading Symbol(s) | Name of each exchange on which registered",
        "Indicate by check mark if the registrant is not required to file reports.",
    ),
    1,
    4,
    0.8,
)


def _covers(*titles: str) -> tuple[str, ...]:
    return tuple(start + title for start in _SEC for title in titles)


FORMS = (
    Form(
        "financial.annual_report_10k",
        "en",
        _covers(
            "FORM 10-K\n\nANNUAL REPORT PURSUANT TO SECTION 13 OR 15(d) OF THE SECURITIES EXCHANGE ACT OF 1934\nFor the fiscal year ended {date}",
            "Form 10-K\n(Mark One)\n☒ ANNUAL REPORT UNDER SECTION 13\nFor the year ended {date}",
            "FORM 10-K/A\nAmendment No. 1\nFor the fiscal year ended {date}",
        ),
        (
            _REGISTRANT,
            _BOXES,
            S(
                ("",),
                (
                    "DOCUMENTS INCORPORATED BY REFERENCE: portions of the proxy statement.",
                    "The aggregate market value held by non-affiliates was {amount}.",
                ),
                1,
                2,
            ),
            S(
                ("Item 1. Business", "Item 1. Business."),
                (
                    "{company} makes equipment and sells it worldwide.",
                    "We employ {nnn} people.",
                    "Our segments are consumer and industrial.",
                ),
                2,
                3,
            ),
            S(
                ("Item 1A. Risk Factors",),
                ("Our results may vary.", "We depend on few suppliers."),
                1,
                2,
                0.8,
            ),
            S(
                ("Item 7. Management's Discussion and Analysis",),
                ("Revenue rose to {amount}.", "Net income was {amount}."),
                1,
                2,
                0.7,
            ),
        ),
    ),
    Form(
        "financial.quarterly_report_10q",
        "en",
        _covers(
            "FORM 10-Q\n\nQUARTERLY REPORT PURSUANT TO SECTION 13 OR 15(d) OF THE SECURITIES EXCHANGE ACT OF 1934\nFor the quarterly period ended {date}",
            "Form 10-Q\n(Mark One)\n☒ QUARTERLY REPORT\nFor the quarter ended {date}",
        ),
        (
            _REGISTRANT,
            _BOXES,
            S(
                ("PART I. FINANCIAL INFORMATION", "Item 1. Financial Statements"),
                (
                    "Condensed consolidated balance sheets (unaudited).",
                    "Three months ended {date}.",
                    "Notes to condensed consolidated financial statements.",
                ),
                2,
                3,
            ),
            S(
                ("Item 2. Management's Discussion and Analysis",),
                ("Net sales for the quarter were {amount}.", "Operating income decreased."),
                1,
                2,
                0.8,
            ),
            S(
                ("PART II. OTHER INFORMATION", "Item 4. Controls and Procedures"),
                ("Item 1. Legal Proceedings. None.", "Item 6. Exhibits."),
                1,
                2,
                0.8,
            ),
        ),
    ),
    Form(
        "financial.current_report_8k",
        "en",
        _covers(
            "FORM 8-K\n\nCURRENT REPORT\nPursuant to Section 13 or 15(d) of the Securities Exchange Act of 1934\n\nDate of report (date of earliest event reported): {date}",
            "Form 8-K/A\nCurrent Report\n{date}",
        ),
        (
            _REGISTRANT,
            S(
                ("",),
                (
                    "Check the appropriate box below if the Form 8-K filing is intended to simultaneously satisfy the filing obligation.",
                    "Written communications pursuant to Rule 425 under the Securities Act",
                    "Soliciting material pursuant to Rule 14a-12",
                ),
                1,
                3,
                0.8,
                True,
            ),
            S(
                (
                    "Item 5.02 Departure of Directors or Certain Officers",
                    "Item 2.02 Results of Operations and Financial Condition",
                    "Item 8.01 Other Events",
                    "Item 1.01 Entry into a Material Definitive Agreement",
                ),
                (
                    "On {date}, {company} appointed {person}.",
                    "A copy of the press release is attached as Exhibit 99.1.",
                    "The information shall not be deemed filed.",
                ),
                1,
                3,
            ),
            S(
                ("Item 9.01 Financial Statements and Exhibits", "SIGNATURES"),
                (
                    "Exhibit 99.1 Press release.",
                    "Pursuant to the requirements of the Securities Exchange Act of 1934, the registrant has duly caused this report to be signed.",
                ),
                1,
                2,
            ),
        ),
    ),
    Form(
        "financial.current_report_6k",
        "en",
        _covers(
            "FORM 6-K\n\nREPORT OF FOREIGN PRIVATE ISSUER\nPURSUANT TO RULE 13a-16 OR 15d-16 UNDER THE SECURITIES EXCHANGE ACT OF 1934\nFor the month of June {year}",
            "Form 6-K\nReport of Foreign Issuer\nDated {date}",
        ),
        (
            S(
                ("",),
                (
                    "{company}\n(Translation of registrant's name into English)",
                    "Indicate by check mark whether the registrant files annual reports under cover of Form 20-F or Form 40-F. Form 20-F X Form 40-F",
                    "Commission File Number 001-{nnnn}",
                    "{state}",
                ),
                2,
                4,
                1.0,
                True,
            ),
            S(
                ("Exhibit index", "SIGNATURE", "INFORMATION CONTAINED IN THIS REPORT"),
                (
                    "Exhibit 99.1: interim results.",
                    "{company} announces a dividend of {amount}.",
                    "By: {person}",
                ),
                1,
                3,
            ),
        ),
    ),
    Form(
        "financial.annual_report_20f",
        "en",
        _covers(
            "FORM 20-F\n(Mark One)\n[ ] REGISTRATION STATEMENT PURSUANT TO SECTION 12(b) OR (g)\n[X] ANNUAL REPORT PURSUANT TO SECTION 13 OR 15(d)\nFor the fiscal year ended {date}",
            "FORM 40-F\nAnnual report\nFor the fiscal year ended {date}",
        ),
        (
            S(
                ("",),
                (
                    "{company}\n(Exact name of Registrant as specified in its charter)",
                    "Not applicable\n(Translation of Registrant's name into English)",
                    "{state}\n(Jurisdiction of incorporation or organization)",
                    "American Depositary Shares",
                ),
                2,
                4,
                1.0,
                True,
            ),
            S(
                (
                    "Item 3. Key Information",
                    "Item 4. Information on the Company",
                    "Item 5. Operating and Financial Review and Prospects",
                ),
                (
                    "Not applicable.",
                    "{company} was founded in {year}.",
                    "Our reporting currency is the euro.",
                ),
                1,
                3,
            ),
            S(
                ("Item 16. Corporate Governance", "Item 18. Financial Statements"),
                ("See pages F-1 to F-{nn}.",),
                1,
                1,
                0.7,
            ),
        ),
    ),
    Form(
        "financial.proxy_statement",
        "en",
        _covers(
            "SCHEDULE 14A INFORMATION\nProxy Statement Pursuant to Section 14(a)\nFiled by the Registrant ☒\nDefinitive Proxy Statement",
            "NOTICE OF ANNUAL MEETING OF STOCKHOLDERS\nto be held on {date}",
            "PROXY STATEMENT",
        ),
        (
            S(
                ("",),
                (
                    "{company}\n(Name of Registrant as Specified In Its Charter)",
                    "Payment of Filing Fee: no fee required",
                    "Dear fellow shareholders, you are invited to the annual meeting.",
                ),
                1,
                3,
            ),
            S(
                ("Proposal 1: Election of Directors", "Election of directors"),
                ("The board recommends a vote FOR each nominee.", "{person} has served since {year}."),
                1,
                2,
            ),
            S(
                (
                    "Executive Compensation",
                    "Compensation Discussion and Analysis",
                    "Proposal 2: Ratification of auditors",
                ),
                (
                    "The summary compensation table shows salary, bonus and stock awards.",
                    "Say on pay.",
                    "Total compensation was {amount}.",
                ),
                1,
                3,
            ),
            S(
                ("Questions and answers about voting",),
                ("How do I vote by proxy?", "Who is entitled to vote?"),
                1,
                2,
                0.7,
            ),
        ),
    ),
    Form(
        "financial.prospectus",
        "en",
        (
            "Filed Pursuant to Rule 424(b)(5)\nRegistration No. 333-{nnnn}{nn}\n\nPROSPECTUS SUPPLEMENT\n(To prospectus dated {date})",
            "PRELIMINARY PROSPECTUS SUPPLEMENT\nSubject to completion, dated {date}",
            "PROSPECTUS\n{company}",
            "424B2\nFiled pursuant to Rule 424(b)(2)\nPRICING SUPPLEMENT",
            "FORM S-1\nREGISTRATION STATEMENT UNDER THE SECURITIES ACT OF 1933",
            "Form N-1A\nPost-Effective Amendment\n{year} Prospectus",
            "OFFERING CIRCULAR",
        ),
        (
            S(
                ("",),
                (
                    "{nnn},000 shares of common stock",
                    "{amount} of senior notes due {year}",
                    "Neither the Securities and Exchange Commission nor any state securities commission has approved or disapproved of these securities.",
                    "Investing in our securities involves risks. See Risk Factors.",
                    "Public offering price, underwriting discount, proceeds before expenses",
                    "The underwriters expect to deliver the notes on {date}.",
                ),
                2,
                5,
            ),
            S(
                (
                    "Use of proceeds",
                    "Summary",
                    "The offering",
                    "Risk factors",
                    "Fees and expenses of the fund",
                    "Plan of distribution",
                ),
                (
                    "We intend to use the net proceeds for general corporate purposes.",
                    "You could lose all of your investment.",
                    "This prospectus supplement adds to the accompanying prospectus.",
                    "The fund seeks to track an index.",
                ),
                2,
                3,
            ),
        ),
    ),
    Form(
        "financial.ownership_report",
        "en",
        _covers(
            "SCHEDULE 13G\nUnder the Securities Exchange Act of 1934",
            "SCHEDULE 13D/A\n(Amendment No. {n})",
            "FORM 4\nSTATEMENT OF CHANGES IN BENEFICIAL OWNERSHIP OF SECURITIES",
            "FORM 3\nINITIAL STATEMENT OF BENEFICIAL OWNERSHIP",
        ),
        (
            S(
                ("",),
                (
                    "{company}\n(Name of Issuer)",
                    "Common Stock\n(Title of Class of Securities)",
                    "CUSIP No. {nnnn}{nnn}10{n}",
                    "Names of reporting persons: {person}",
                    "Sole voting power {nnnn}",
                    "Aggregate amount beneficially owned by each reporting person",
                    "Percent of class represented: {n}.{n}%",
                    "Relationship of reporting person(s) to issuer: director",
                ),
                4,
                8,
                1.0,
                True,
            ),
        ),
    ),
    Form(
        "financial.officer_certification",
        "en",
        (
            "CERTIFICATION",
            "Exhibit 31.1\nCERTIFICATION OF CHIEF EXECUTIVE OFFICER",
            "CERTIFICATION PURSUANT TO SECTION 302",
            "Exhibit 32\nCERTIFICATION PURSUANT TO 18 U.S.C. SECTION 1350, AS ADOPTED PURSUANT TO SECTION 906",
        ),
        (
            S(
                ("",),
                (
                    "I, {person}, certify that:",
                    "I have reviewed this quarterly report on Form 10-Q of {company};",
                    "Based on my knowledge, this report does not contain any untrue statement of a material fact;",
                    "The registrant's other certifying officer(s) and I are responsible for disclosure controls;",
                    "The report fully complies with the requirements of Section 13(a) or 15(d);",
                ),
                2,
                5,
                1.0,
                True,
            ),
        ),
        ("Date: {date}\n{person}", "/s/ {person}\nChief Financial Officer"),
    ),
    Form(
        "financial.earnings_release",
        "en",
        (
            "{company} Reports Fourth Quarter and Full Year Results",
            "{company} Announces Second Quarter {year} Financial Results",
            "PRESS RELEASE\n{company} reports record third quarter results",
            "Exhibit 99.1\n{company} Reports First Quarter Results",
        ),
        (
            S(
                ("",),
                (
                    "City, {date} — {company} today announced results for the quarter ended {date}.",
                    "Revenue was {amount}, up {n} percent year over year.",
                    "Diluted earnings per share were {amount}.",
                    "We are pleased with our performance, said {person}, chief executive officer.",
                ),
                2,
                4,
            ),
            S(
                ("Outlook", "Conference call", "Guidance"),
                (
                    "For the next quarter we expect revenue of {amount}.",
                    "A webcast will be held at 5 p.m. Eastern time.",
                ),
                1,
                2,
            ),
            S(
                ("Forward-looking statements", "Non-GAAP financial measures", "About {company}"),
                (
                    "This release contains forward-looking statements.",
                    "Adjusted EBITDA is not a GAAP measure.",
                ),
                1,
                2,
                0.8,
            ),
        ),
    ),
    Form(
        "financial.bank_statement",
        "en",
        (
            "{bank}\nACCOUNT STATEMENT\nStatement period {date} to {date}",
            "STATEMENT OF ACCOUNT\nAccount number ****{nnnn}",
            "Checking statement",
        ),
        (
            S(
                ("",),
                (
                    "Opening balance {amount}",
                    "Closing balance {amount}",
                    "Deposits and credits {amount}",
                    "{date} Card payment {nn}.{nn}",
                    "{date} Salary {nnnn}.00",
                    "{date} ATM withdrawal {nnn}.00",
                    "Total withdrawals",
                ),
                4,
                7,
                1.0,
                True,
            ),
        ),
    ),
    Form(
        "financial.bank_statement",
        "de",
        (
            "Kontoauszug Nr. {n}\n{bank}\nKontonummer {nnnn}{nnn}",
            "{bank}\nKontoauszug vom 01.02. bis 28.02.{year}",
        ),
        (
            S(
                ("",),
                (
                    "Alter Kontostand {nnn},{nn} EUR",
                    "Neuer Kontostand {nnn},{nn} EUR",
                    "Buchungstag Valuta Betrag",
                    "Gutschrift Gehalt {nnnn},00",
                    "Lastschrift Strom {nn},{nn}",
                    "Kartenzahlung {nn},{nn}",
                    "IBAN DE{nn} {nnnn} {nnnn}",
                ),
                4,
                7,
                1.0,
                True,
            ),
        ),
    ),
    Form(
        "financial.bank_statement",
        "fr",
        ("RELEVÉ DE COMPTE\n{bank}\nN° {nnnn}{nnn}", "Relevé de compte du 01/02 au 28/02/{year}"),
        (
            S(
                ("",),
                (
                    "Solde précédent {nnn},{nn}",
                    "Nouveau solde {nnn},{nn}",
                    "Date Libellé Débit Crédit",
                    "VIREMENT SALAIRE {nnnn},00",
                    "PRLV EDF {nn},{nn}",
                    "CARTE {nn},{nn}",
                    "IBAN FR{nn} {nnnn}",
                ),
                4,
                7,
                1.0,
                True,
            ),
        ),
    ),
    Form(
        "financial.payment_instruction",
        "en",
        (
            "WIRE TRANSFER INSTRUCTIONS",
            "Payment instructions",
            "STANDING SETTLEMENT INSTRUCTIONS\n{company}",
            "Payment order",
        ),
        (
            S(
                ("",),
                (
                    "Beneficiary: {company}",
                    "Beneficiary bank: {bank}",
                    "Account no. {nnnn}{nnnn}",
                    "SWIFT: ABCD{nn}XX",
                    "Amount: {amount}",
                    "Value date: {date}",
                    "Routing number {nnnn}{nnnn}",
                    "Reference: contract {nnnn}",
                    "Please credit the account below.",
                ),
                4,
                8,
                1.0,
                True,
            ),
        ),
    ),
    Form(
        "financial.payment_instruction",
        "fr",
        ("ORDRE DE VIREMENT",),
        (
            S(
                ("",),
                (
                    "Bénéficiaire : {company}",
                    "Banque : {bank}",
                    "IBAN FR{nn} {nnnn}",
                    "Montant : {nnnn},00 EUR",
                    "Motif : acompte",
                    "Date d'exécution",
                ),
                3,
                6,
                1.0,
                True,
            ),
        ),
    ),
    Form(
        "financial.payment_instruction",
        "de",
        ("Zahlungsanweisung", "Überweisungsauftrag"),
        (
            S(
                ("",),
                (
                    "Empfänger: {company}",
                    "Bank: {bank}",
                    "IBAN DE{nn} {nnnn}",
                    "Betrag: {nnnn},00 EUR",
                    "Verwendungszweck: Anzahlung",
                    "Ausführung am 3.4.{year}",
                ),
                3,
                6,
                1.0,
                True,
            ),
        ),
    ),
    Form(
        "financial.research_note",
        "en",
        (
            "EQUITY RESEARCH\n{company}\nInitiating coverage at Buy",
            "Research note: {company}\nRating: Hold",
            "{company} — price target raised",
        ),
        (
            S(
                ("Investment thesis", "Valuation", "Key points"),
                (
                    "We maintain our Buy rating and price target of {amount}.",
                    "We forecast revenue of {amount} next year.",
                    "Consensus looks too low.",
                    "Our estimates rise by {n} percent.",
                    "Shares trade at {nn} times earnings.",
                ),
                3,
                5,
            ),
            S(
                ("Risks", "Analyst certification", "Disclosures"),
                ("The research analyst certifies that the views are his own.", "Competition may increase."),
                1,
                2,
            ),
        ),
    ),
    Form(
        "financial.ledger",
        "en",
        (
            "GENERAL LEDGER\n{company}",
            "TRIAL BALANCE\nas of {date}",
            "Accounts receivable ledger",
            "Cash receipts journal",
        ),
        (
            S(
                ("",),
                (
                    "Date | Account | Debit | Credit | Balance",
                    "{date} 1000 Cash {nnnn}.00 0.00",
                    "{date} 4000 Sales 0.00 {nnnn}.00",
                    "{date} 6100 Rent {nnn}.00",
                    "2000 Accounts payable {nnnn}.{nn}",
                    "Totals {nnnn}.00 {nnnn}.00",
                ),
                4,
                6,
                1.0,
                True,
            ),
        ),
    ),
    Form(
        "financial.investment_marketing",
        "en",
        ("START INVESTING TODAY", "Join our fund now!", "Earn more with us"),
        (
            S(
                ("",),
                (
                    "Our members earned {nn}% returns per month.",
                    "Minimum investment {amount}.",
                    "Places are limited, sign up now.",
                    "Call us today to reserve your seat.",
                    "Our strategy yields 1{n} percent annually.",
                    "Invest with us and retire early.",
                ),
                4,
                6,
            ),
        ),
    ),
    Form(
        "financial.central_bank_statement",
        "en",
        (
            "Monetary policy statement\n{date}",
            "Statement by the Governing Council",
            "Remarks by Governor {person}\non the economic outlook",
        ),
        (
            S(
                ("",),
                (
                    "The Committee decided to keep the target range for the federal funds rate.",
                    "Inflation remains elevated.",
                    "The labor market is strong.",
                    "Voting for the policy action were the members.",
                    "Financial conditions have tightened.",
                ),
                3,
                5,
            ),
        ),
    ),
)
