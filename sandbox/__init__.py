"""The cloud on a laptop: everything below the provider line that the program needs to come up without an account.

Nothing outside this package imports it, save the tests. `docs/sandbox.md` lists what is real
and what stands in for what.
"""
