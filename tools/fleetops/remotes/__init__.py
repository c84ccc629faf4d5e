"""Bases in other repositories: named by a URL and a commit, fetched once, read from memory."""
