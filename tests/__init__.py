"""The tests: unit/ without servers, cluster/ on real ones."""
