"""What moves records: each engine keeps topics, and commits outputs, counts and acknowledgements together."""
