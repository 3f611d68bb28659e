"""Built-in functions: what a flow can use without a package."""
