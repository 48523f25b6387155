"""The groups of settings that only the program on AWS has. `settings.py` puts them together."""
