"""What an endpoint will cost and how long its callers will wait, for a traffic and a set-up.

``traffic`` and ``trace`` say when jobs come, ``figures`` what was measured or assumed, ``workers``
what a worker is, ``simulation`` lets the jobs come, ``costs`` bills what happened, ``advice`` looks
for the cheapest set-up; ``pictures`` and ``show`` draw. The rules of scaling and billing and the
prices are the emulator's.
"""
