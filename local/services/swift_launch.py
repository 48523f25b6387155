"""Start a Swift program with its swift.conf beside its other files.

Swift's daemons look for /etc/swift/swift.conf and nowhere else; its servers take `swift_dir`, but
only once parts of the file have been read. Several zones on one machine need one each.
Usage: python swift_launch.py ETC_FOLDER PROGRAM CONFIG
"""

from __future__ import annotations

import sys
from importlib.metadata import entry_points


def main() -> None:
    folder, program, config = sys.argv[1:]
    from swift.common import utils  # noqa: PLC0415

    utils.SWIFT_CONF_FILE = f"{folder}/swift.conf"
    (script,) = entry_points(group="console_scripts", name=program)
    # --verbose: log to standard error, which the supervisor keeps, and not to the machine's syslog.
    sys.argv = [program, config, "--verbose"]
    sys.exit(script.load()())


if __name__ == "__main__":
    main()
