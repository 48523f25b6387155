"""Pages a person wants to read, made from results."""
