"""AWS on this machine: ministack in one process with the layer that makes it as strict as the real thing.

`python -m sandbox.aws` serves it. What each part adds is written at the top of its file; docs/sandbox.md lists it.
"""
