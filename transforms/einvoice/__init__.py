"""Electronic invoices by official rules: EN 16931's, XRechnung's, and others that are compiled to XSLT."""
