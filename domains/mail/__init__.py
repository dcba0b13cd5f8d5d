"""Mail of any domain: signs of fraud in how it was sent, where it leads and what it asks for."""
