"""The whole topology on one machine: hosts, the services on them, and their lifecycle."""
