"""What made the shipped models and measures the figures of the documentation; README.md says how.

corpora      labelled public corpora, one loader a task
encoder      the shipped encoder and its heads, trained on these
detector     the domain detector
documents    heads on whole documents: their kind, and fraud in mails
part         what tells where the documents in a file begin
personal     the tagger of personal data
translation  the translators into English, and the adapter of Gemma
gemma        Gemma 3 270M with that adapter, under terms of its own
measure      what the shipped models reach on their tests
benchmarks   speed, memory, and quality on real documents
judged       what people said of rows that they read
pages        the generated tables of the documentation

It imports docassay; docassay imports nothing of it. `python -m research` lists the commands.
"""
