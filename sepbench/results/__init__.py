"""Results: rows as they are scored, where they came from, and the tables made of them."""
