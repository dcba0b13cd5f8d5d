"""Fine-tuning of the encoder: the only modules of `custom` that need PyTorch."""
