"""The canary's code, as Lambda runs it: the standard library and what the runtime brings."""
