"""Flows that run on the server: who keeps their workers up, what these say of themselves, and what is seen of both."""
