#!/usr/bin/env python
"""Serves the rules to the Pulumi engine: as a folder, or as the program it is (../README.md)."""

import sys
from pathlib import Path

# The engine starts this file, not a module of the repository.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from pulumi_policy import EnforcementLevel, PolicyPack

from policies import pack

PolicyPack(
    name=pack.NAME, enforcement_level=EnforcementLevel.MANDATORY, policies=list(pack.policies())
)
