"""Records on which something failed: kept sealed, told about, tried again."""
