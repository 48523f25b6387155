"""A second opinion on the graph: the rules of Checkov, which others wrote and keep.

The graph is written as the plan of Terraform that asks for the same resources (plan.py, names.py), and
Checkov reads that (checkov.py), in an environment of its own. Each finding is fixed, or stands with its
reason in accepted.yaml (accepted.py). Nothing here leaves the machine.
"""
