"""Review server: pages on which people decide on findings, served on this machine only."""
