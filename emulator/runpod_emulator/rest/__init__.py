"""RunPod's REST API, version 2: an account whose endpoints are made, changed and deleted.

Strict where RunPod is: unknown fields and wrong types are refused by name. What RunPod has been
seen to do against its own description (no ``timeout`` means 0, no ``flashboot`` means off, a data
centre without capacity is a silence) is done here too.
"""
