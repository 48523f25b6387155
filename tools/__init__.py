"""Scripts and modules that build, measure and release; not part of what runs."""
