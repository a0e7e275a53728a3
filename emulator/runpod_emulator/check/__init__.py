"""Runs a worker through those of RunPod's rules that can be seen from outside.

``trial`` starts one worker and watches it, ``bench`` keeps what several rules need, ``rules`` has
them by theme, ``run`` applies them, ``report`` shows what came of it.
"""
