"""Separators: how an adapter folder is found, described, run and spoken to. No model is named here."""
