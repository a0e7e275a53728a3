"""Serves the playground: ``nox -s playground``."""

from playground.command import main

main()
