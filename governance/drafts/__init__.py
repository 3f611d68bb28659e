"""Changes of a protected environment before they are made: what was asked for, tried, and shown as differences."""
