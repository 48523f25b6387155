"""What can be done to the cluster on this machine: one kind of fault per module."""
