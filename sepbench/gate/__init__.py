"""A run held against a baseline: what got worse, beyond chance and beyond what is tolerated."""
