"""Screen, API, jobs and command line. The only package that knows all the others."""
