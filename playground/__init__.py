"""The playground: one page to try the endpoints with, served by a program beside it.

The browser has the page and the recording. The program holds the API key, packs audio and sends
jobs with the client, so that a job in the page is the job that ``speech`` would send.
"""
