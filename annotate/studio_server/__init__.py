"""A local Label Studio server: installation, process, accounts, projects."""
