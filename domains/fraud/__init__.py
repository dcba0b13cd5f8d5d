"""Signs of fraud of any document; `domains.signs` reads them."""
