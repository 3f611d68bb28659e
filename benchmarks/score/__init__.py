"""How good the analysis of the book is, measured on simulated companies whose truth is known."""
