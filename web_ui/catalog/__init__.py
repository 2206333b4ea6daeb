"""What the workspace holds: datasets, models and the output of jobs, as the API shows them, their
lineage and their deletion."""
