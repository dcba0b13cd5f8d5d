"""What is counted and said: counters, logs, progress; Beam's counters are plugged in from above."""
