"""Train a translation model into English from sentence pairs."""
