"""Shared parts of the endpoints: schemas, validation, OpenAPI, checks before a job is created, previews."""
