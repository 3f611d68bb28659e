"""Values that services keep in databases of their own: what ties them down, and how they are written."""
