"""A Label Studio server as processes of this machine: install, launch, accounts, bootstrap."""
