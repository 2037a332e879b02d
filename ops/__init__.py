"""Running the service: commands, the local engines, jobs and deployment."""
