"""Procedural sound synthesis: building blocks, one function per kind of sound, their catalogue and their rendering."""
