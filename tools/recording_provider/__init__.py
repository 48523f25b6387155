"""A stand-in for the AWS provider of Pulumi: it checks, records and answers, and makes nothing.

The engine talks to it over gRPC, as to the real one (PULUMI_DEBUG_PROVIDERS=aws:PORT). What it
proves and what it cannot is in docs/adr/0013.
"""
