"""A random walk: faults by chance, one after another, while the ledger is kept."""
