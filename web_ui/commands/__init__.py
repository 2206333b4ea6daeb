"""The commands of deepsynth: the stages, jobs, comparison, report, publish, delete, doctor, and the demo."""
