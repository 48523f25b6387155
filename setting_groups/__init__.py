"""The groups of settings, one idea a file. `settings.py` puts them together and reads them."""
