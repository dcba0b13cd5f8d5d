"""`docassay train`: a head, or an encoder, for labels of the user's own.

table    rows of CSV, JSONL or Parquet, and what is wrong in which line
checks   what is wrong with the rows together: labels, duplicates, leaks
splits   near-duplicates in one split
states   the encoder's outputs, kept by the text
fitting  the head, its calibration, and the models it is compared with
full     fine-tuning, the only module that needs PyTorch
folder   the model folder
report   what is printed
job      all of it, in order
command  the command line
"""
