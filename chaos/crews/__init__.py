"""Real training clients, each in a process and an environment of its own, side by side in a drill.

script.py      what each of them runs: plain MLflow code that knows nothing of drills
kind.py        which clients there are, and how each is set up
environment.py the Python in which the client's wheel is installed as users have it
diary.py       what the script wrote down
crew.py        one such process, from its start to its end
crews.py       all of them side by side
reading.py     what the service kept of it
books.py       what came of it, as figures
passage.py     a way to the service that loses replies
"""
