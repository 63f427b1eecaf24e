"""Client of Label Studio: connection, projects, tasks, webhooks, parsing of annotation results."""
