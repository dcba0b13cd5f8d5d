"""Financial documents: filings, mail, invoices, statements, complaints."""
