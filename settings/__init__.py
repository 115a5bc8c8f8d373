"""The stack file, typed and checked as a whole.

`check` takes the values of a stack file; `settings.load` reads those of the stack that Pulumi runs; and
`python -m settings check Pulumi.dev.yaml` checks files without an engine.
"""
