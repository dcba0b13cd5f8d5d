"""Parts of the translate stage: sentences, placeholders, guards, and the alignment with the original."""
