"""Entry point: `python -m sandbox.plugins.kubernetes <engine address>`."""

from provider_kit.server import serve
from sandbox.plugins.kubernetes.provider import VERSION, KubernetesPlugin

if __name__ == "__main__":
    serve(KubernetesPlugin(), VERSION)
