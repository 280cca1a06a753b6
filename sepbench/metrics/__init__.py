"""Metrics: one family per file, each a tuple ``METRICS`` of `Metric` records, found by `sepbench.metrics.registry`."""
