"""The engine: from a suite and models to rows. It names no metric and no model."""
