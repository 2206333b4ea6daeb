"""What the machine and the runners do now, as the API and Prometheus show it."""
