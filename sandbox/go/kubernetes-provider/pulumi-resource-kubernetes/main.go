// Pulumi's Kubernetes provider. Its own main embeds a schema that is generated when it is released and that the
// engine asks for only when it makes SDKs.
package main

import "github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/provider"

// version is set by the linker.
var version string

func main() {
	provider.Serve("kubernetes", version, []byte("{}"), []byte("{}"))
}
