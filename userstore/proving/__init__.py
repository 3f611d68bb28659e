"""What a person who is on the phone gets by e-mail."""
