"""Protocols: rules that draw mixtures from corpora, and the checks that a frozen list still holds."""
