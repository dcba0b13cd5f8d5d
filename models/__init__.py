"""Models: weights with a card each, and the two modules that open them."""
