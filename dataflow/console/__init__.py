"""The officer's pages of flows that run on the server."""
