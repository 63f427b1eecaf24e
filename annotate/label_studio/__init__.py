"""Client of Label Studio: connection, projects, tasks, webhooks, and what results mean."""
