"""The account's own small program: run once, before any environment."""
