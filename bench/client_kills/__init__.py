"""Scripts killed at random points of training and of replay; what is on the server afterwards.

forks.py    a warm interpreter: runs each script in a fork of itself, and kills it at a given step
zygote.py   the one who tells it what to run
door.py     the way to the server, which can be closed, and which loses answers
work.py     the script that is killed; it notes what it was told is done
judge.py    what was noted, held against what the server has
points.py   one trial after the other
measure.py  as many as are asked for, and what they came to
"""
