"""The proof of who can touch what: what the stack file says, against what a real token really gets.

`claims` reads the stack file and nothing else; `cluster_tries` and a cloud's folder try; `run` puts both side by side,
on a `target`.
"""
