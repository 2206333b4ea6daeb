"""Files on disk: atomic files and folders, event logs, the workspace folders, writer locks."""
