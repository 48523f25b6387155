"""The comment on a pull request: what it changes in each environment, and in its cost."""
