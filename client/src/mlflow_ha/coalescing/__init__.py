"""Many calls that log something, sent as few requests, in the background.

collector.py   what was logged and is not sent yet, and the thread that sends it
ways.py        where it goes: straight to the server, or to the spool while that is away
journal.py     the same on disk, so that it outlives this process (only with a spool)
heir.py        the process that finds a journal whose owner was killed
collectors.py  all of this, begun once in a process, anew after a fork, ended with it
line.py        the way of one call
"""
