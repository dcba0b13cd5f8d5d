"""The commands, a module each or a few small ones together; `pipelines.cli` puts them under one name."""
