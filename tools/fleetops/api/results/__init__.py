"""The results, which are also what `--output json` prints and `fleetops schema` describes.

Each has a module, and output/text has one of the same name that says it to a person.
"""
