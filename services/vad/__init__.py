"""Voice activity detection: where in a recording is speech?"""
