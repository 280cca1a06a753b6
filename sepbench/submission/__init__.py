"""Submissions: a run in one archive, which whoever keeps a leaderboard can check without trusting its sender."""
