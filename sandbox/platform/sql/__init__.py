"""The platform's SQL service: a catalog of tables that statements change, and the check of a deployment's script.

The grammar is that of https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/table/sql/overview/ for the
statements that `ddl.py` lists; queries are parsed by SQLFluff's Flink dialect. Unknown to it: whether columns exist,
types of expressions, functions, options of connectors; and it reserves fewer words than Flink.
"""
