"""How each file of docs/evidence/ is told in a page, one function for each."""
