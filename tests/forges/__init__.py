"""Pull requests on the real Gitea, and on what plays GitHub and GitLab by their documentation."""
