"""What each endpoint shares: schemas, validation, OpenAPI, refusals before a job exists, previews."""
