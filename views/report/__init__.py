"""Standalone HTML report of tables, without scripts or external resources.

`facts` and `passages` query the tables, `drift` compares the latest run with earlier ones, `plots` draws,
`page` renders the page.
"""
