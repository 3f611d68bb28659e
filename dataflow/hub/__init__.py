"""The hub: flows and packages in files that are published, examined, and read again."""
