"""What the disk looks like: atomic files, event logs, the workspace folders."""
