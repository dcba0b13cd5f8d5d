"""Models asked where the first abstains: an encoder, a decoder, an endpoint, behind one interface."""
