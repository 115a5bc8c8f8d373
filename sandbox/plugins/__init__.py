"""What the engine starts beside itself: the language host and the provider plugins, each a stand-in."""
