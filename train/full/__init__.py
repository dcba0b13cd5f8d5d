"""Fine-tuning of the encoder: the only modules of `train` that need PyTorch."""
