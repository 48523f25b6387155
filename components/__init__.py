"""The AWS side, one Pulumi component a file. `__main__.py` puts them together."""
