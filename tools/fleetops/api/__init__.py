"""What fleetops does: each function takes a repository and returns a frozen result."""
