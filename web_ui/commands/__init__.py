"""The commands of deepsynth: the stages, jobs, report, delete, doctor, and the demo."""
