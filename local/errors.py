"""What the local cluster says when it cannot do what was asked."""

from __future__ import annotations


class LocalError(RuntimeError):
    """Something the user can act on; the text is shown as it is, without a stack trace."""


class ClusterError(LocalError):
    """There is no running cluster, or it did not become ready in time."""


class NotSupported(LocalError):  # noqa: N818 - the fault is the request's, not an error
    """This way of emulating hosts cannot do it; the text says what would be needed."""
