"""The whole stack: a cloud, what it has in its cluster, and Ververica Platform with its jobs."""

import pulumi

from components.cloud import build
from components.kubernetes.stack import InCluster
from components.outputs import outputs
from components.ververica.stack import OnPlatform
from settings.load import load

settings = load()
cloud = build(settings)
cluster = InCluster(settings, cloud)
on_platform = OnPlatform(settings, cloud, cluster)

for name, value in outputs(settings, cloud, on_platform).items():
    pulumi.export(name, value)
