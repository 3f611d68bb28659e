"""Monthly partitions of the book: how the table is made, how its months are kept ahead of the clock."""
