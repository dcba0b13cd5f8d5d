"""Train models on labels of one's own, adopt those of others; train, calibrate and measure the shipped ones.

custom       `docassay train`: a head for labels of the user's own; `custom/full` fine-tunes the encoder, too
adopt        `docassay models add`: translators that others have trained
corpora      labelled public corpora, one loader a task
encoder      the shipped encoder and its heads, trained on these
detector     the domain detector
documents    heads on whole documents: their kind
personal     the tagger of personal data
translation  the translators into English, and the adapter of the larger model
measure      what the shipped models reach on their tests

The wheel holds `custom` and `adopt` alone, which import nothing of the others; no other folder of docassay
imports this one. `python -m docassay.training` lists the commands of the others. PyTorch is needed to
fine-tune and to convert, and nowhere else.
"""
