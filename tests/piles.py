"""Documents that are joined to packets in tests: a bill, an invoice, a contract of two pages."""

INVOICE = """Ashgrove Tools Ltd
12 Mill Lane, Dublin

INVOICE

Invoice number: {number}
Invoice date: 3 March 2026
Bill to: Kestrel GmbH

Description            Quantity    Price      Amount
Torque wrench                 2    40.00       80.00
Socket set                    1    25.00       25.00

Subtotal                                      105.00
VAT 20 %                                       21.00
Total due                                     126.00
Please pay within 30 days to IBAN IE29 AIBK 9311 5212 3456 78.
Page 1 of 1"""

BILL = """St. Brigid's Hospital
Patient Accounts

MEDICAL BILL

Patient: Mary Byrne            Date of birth: 4 May 1961
Account: 88-1204               Statement date: 10 March 2026

Date of service   Description                 CPT      Charge
02/11/2026        Office visit                99213    120.00
02/11/2026        Blood count                 85025     30.00

Insurance paid                                          90.00
Patient balance                                         60.00
Please pay the balance within 21 days.
Page 1 of 1"""

NDA = (
    """MUTUAL NON-DISCLOSURE AGREEMENT

This Agreement is made on 1 February 2026 between Ashgrove Ltd and Kestrel GmbH.

1. Confidential Information
Each party shall keep secret what the other discloses, and shall use it for the purpose
of their talks only. What is public, or was known before, is not confidential.

2. Term
This Agreement ends two years after its date. Either party may terminate it on thirty
days' written notice to the other, which does not end the duty to keep secret what was
Page 1 of 2""",
    """disclosed before.

3. Governing Law
This Agreement is governed by the laws of Ireland.

In witness whereof the parties have signed.

Signed: ____________________          Signed: ____________________
Ashgrove Ltd                          Kestrel GmbH
Page 2 of 2""",
)
