"""The report of tables for who was not there: one HTML file, without script, that fetches nothing.

`facts` and `passages` ask the tables, `drift` compares the latest run with earlier ones, `plots` draws,
`page` writes it all.
"""
