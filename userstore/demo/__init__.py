"""The phone example: one number for logging in, one for marketing, tokens for fraud analysis. Invented people only."""
