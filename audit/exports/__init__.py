"""What leaves the book for people and for other systems: files of a filtered view, and feeds."""
