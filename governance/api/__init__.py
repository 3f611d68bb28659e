"""The API door of governance."""
