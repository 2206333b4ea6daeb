"""The processes of a service: supervisor, gunicorn's worker, security, rate limit, logs."""
