"""The proof of who can touch what: what the stack file says, against what a real token really gets.

`expected` reads the stack file and nothing else; `cloud`, `exchange` and `cluster` try; `run` puts both side by side.
"""
