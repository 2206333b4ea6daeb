"""Studies: a plan of datasets and trainings over axes, the jobs that it becomes, and the report on them."""
