"""How a result looks: for a person, as JSON, or as a comment on a pull request."""

from fleetops.output.json import as_json
from fleetops.output.markdown import as_markdown
from fleetops.output.text import as_text, clean

__all__ = ["as_json", "as_markdown", "as_text", "clean"]
