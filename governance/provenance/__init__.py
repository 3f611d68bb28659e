"""Only reviewed builds: what the CI signed, what runs, and whether the one may run as what it claims to be."""
