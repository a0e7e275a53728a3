"""What packages say of their licence, in SPDX's words."""

from __future__ import annotations

from email.message import Message

from cyclonedx.spdx import is_expression

# What packages write in the place of an SPDX expression, and mean.
_MEANT = {
    "Apache 2.0": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD 3-Clause License": "BSD-3-Clause",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
# "BSD" may be any of several; these were read.
_READ = {"Jinja2": "BSD-3-Clause", "mpmath": "BSD-3-Clause", "sympy": "BSD-3-Clause"}
_APPROVED = "License :: OSI Approved :: "


def licence_of(metadata: Message) -> str | None:
    """A Python package's licence as an SPDX expression; None if it does not tell which it is.

    Args:
        metadata: its ``METADATA``.
    """
    classifiers = metadata.get_all("Classifier", [])
    said = [
        *(metadata["License-Expression"], metadata["License"]),
        *(value.removeprefix(_APPROVED) for value in classifiers if value.startswith(_APPROVED)),
    ]
    for words in filter(None, said):
        expression = _MEANT.get(str(words).strip(), str(words).strip())
        if is_expression(expression):
            return expression
    return _READ.get(str(metadata["Name"]))
