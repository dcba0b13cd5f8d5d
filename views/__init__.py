"""Output for people: a document explained, summaries, queries, reports and the review pages."""
