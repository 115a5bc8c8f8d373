"""What AWS and real containers add to a cluster, as small loops that each bring one kind of thing in order."""
