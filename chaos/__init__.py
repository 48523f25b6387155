"""Drills: break the service on purpose while clients write, and judge it by what they were told."""
