"""What clients did during a drill, what they were told, and what the service kept."""
