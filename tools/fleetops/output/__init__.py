"""How a result looks: for a person, as JSON, as a page, or as what a service reads."""
