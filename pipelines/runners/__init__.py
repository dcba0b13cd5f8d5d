"""Runners: their options, and the processes that they need on this machine."""
