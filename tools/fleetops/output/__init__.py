"""How a result looks: for a person, or as JSON."""

from fleetops.output.json import as_json
from fleetops.output.text import as_text, clean

__all__ = ["as_json", "as_text", "clean"]
