"""How Sphinx makes a site of these pages; they read as well where they are."""

project = "fleetops"
extensions = ["myst_parser"]
html_theme = "alabaster"
html_theme_options = {"description": "Promote a release through Kustomize, and prove what changes"}
html_copy_source = False
html_show_copyright = False
myst_heading_anchors = 3  # a link to a heading has to find it
exclude_patterns = ["schemas"]
