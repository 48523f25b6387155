"""What must hold for every environment, as plain functions over the graph of its resources.

A rule neither imports Pulumi nor calls anything: it reads what an environment registers (`Graph`) and
yields what breaks it (`Violation`). rules.py lists them all; README.md says how to run them.
"""
