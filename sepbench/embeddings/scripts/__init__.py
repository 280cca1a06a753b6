"""What other interpreters run: plain files that import nothing of this package, each around one upstream package."""
