"""Bringing a corpus's published files: downloads that resume, and archives that cannot write outside their folder."""
