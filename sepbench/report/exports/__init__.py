"""Results for other programs: tables for papers, data, a badge, a model card; no number without its recipe."""
