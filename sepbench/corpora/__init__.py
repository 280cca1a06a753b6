"""Corpora: one file each, found by name. A corpus knows its layout, labels and audio, and no metric."""
