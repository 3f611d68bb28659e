"""What the consent board shows: the grid, the newest entry of the book, the lines of code that do the same."""
