"""Turns a service (a contract and an engine) into a RunPod worker.

``request`` validates a job's input, ``job`` runs it, ``result`` makes it fit to be sent, ``start``
loads the engine and hands over to RunPod's SDK. Nothing else in the project knows RunPod.
"""
