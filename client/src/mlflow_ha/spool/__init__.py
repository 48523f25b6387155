"""What could not be sent yet, kept safe in order, and sent when the server is back.

folder.py      one server's spool on disk: its files, its locks, and damaged ones set aside
database.py    SQLite, where nothing is acknowledged before it is on disk
log.py         the operations of all processes, in one order
names.py       what the server calls what was made here
shelf.py       what is known of things while the server is away
naming.py      local names found and replaced, wherever they occur (pure)
offline/       the answers a caller gets while the server is away
staging.py     copies of artifacts that wait
artifacts.py   files sent at once if that is possible, kept if not
line.py        the way of one call: to the server, or kept and answered from here
keeper.py      all of this, opened once in a process
batches.py     operations that may travel together (pure)
replay.py      operations sent in order, each once
worker.py      the thread that replays while this process lives
successor.py   the process that replays when none of them lives any more
"""
