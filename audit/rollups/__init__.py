"""Numbers by the hour: what charts and baselines are made of, so that nobody counts millions of entries twice."""
