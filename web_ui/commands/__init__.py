"""The commands of deepsynth: the stages, jobs, report, publish, delete, doctor, and the demo."""
