"""Where the time of a worker's start goes: ``nox -s trace-vad``.

``recorder`` runs in the worker and writes down what it does, ``watched`` says what that is, and
``picture`` draws it.
"""
