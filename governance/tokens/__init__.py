"""Access tokens: issued for client credentials, verified once, remembered by hash."""
