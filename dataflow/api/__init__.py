"""The API of dataflows."""
