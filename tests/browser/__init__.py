"""The report's page in a real Chromium."""
