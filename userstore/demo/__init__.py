"""The phone example: one number for signing in, one for marketing, tokens for fraud analysis. Invented people only."""
