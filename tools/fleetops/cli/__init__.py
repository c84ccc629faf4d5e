"""The command line: it reads the words, calls the API and prints what comes back."""
