"""The one door to the outside: answers for hosts of the internet under their real names, and refuses all others.

A client is given a proxy and an authority to trust, by HTTPS_PROXY and SSL_CERT_FILE, and then needs no address of the
sandbox in its settings. It asks the proxy for a host (`proxy`); behind that is an https server with certificates for
the hosts that are known (`hosts`).
"""
