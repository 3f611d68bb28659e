"""What insiders do, script by script."""
