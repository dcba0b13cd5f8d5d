"""Train, calibrate and measure the encoder and the heads in `models/`.

Nothing outside this package imports it. `torch` and `transformers` are needed only for fine-tuning and
conversion; frozen-encoder heads need neither.
"""
