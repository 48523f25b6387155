"""What an environment costs a month, computed from its settings and the prices in prices.yaml."""
