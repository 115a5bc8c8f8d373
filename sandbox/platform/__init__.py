"""Stands in for Ververica Platform 2.x: its REST API, its database and its controller of Flink jobs.

It checks every request against closed models of its own (`models`) and refuses what does not fit them; tests hold them
to the description that a platform of 2.4.3 gives of itself. It keeps its data in SQLite; it makes the Kubernetes
objects of a job with the platform's own service account, so that RBAC and admission decide. Sources: that description
and https://docs.ververica.com/vvp.

What it does not do: run Flink. A job counts as started when its pods are ready, and never finishes by itself; a
savepoint is an entry with a location. Session clusters, autopilot, connectors, formats, UDF artifacts and previews are
answered with 501 and their name. SQL is parsed and its tables are looked up; columns, types of expressions and options
of connectors are not checked (`sql/`).

What is documented nowhere, and may differ from the real platform:

- the body of an error (`errors.py`), and 201 or 200 for what `POST` makes: here 201 under `/api`, 200 elsewhere;
- the status for a changed target spec or for deleting a running deployment: here 409; for a target that a deployment
  names and that does not exist: here 400;
- whether `spec.state` is RUNNING when a deployment does not say it: here it is, as the knowledge-base example expects;
- whether `PUT` applies the defaults again: here it does;
- how a deployment leaves FAILED: here by asking for CANCELLED or SUSPENDED first;
- the names of Kubernetes objects, the label `component`, and paths under the blob storage (`controller/manifests.py`);
- whether a catalog's children carry plain or full names: here plain, while a catalog has its full name;
- whether API tokens belong to `system:authenticated`: here they do not, or their roles would mean nothing.
"""
