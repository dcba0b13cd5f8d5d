"""`docassay train`: a head, or an encoder, for labels of the user's own.

table    rows of CSV, JSONL or Parquet, and what is wrong in which line
checks   what is wrong with the rows together: labels, duplicates, leaks
splits   near-duplicates in one split
job      what is asked for, and the data, checked and split
states   the cache of the encoder's outputs, by text
fitting  the head, its calibration, and the models it is compared with
full     fine-tuning, the only folder here that needs PyTorch
folder   the model folder
train    all of it, in order
report   what is printed
"""
