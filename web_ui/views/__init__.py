"""The endpoints and pages: one blueprint per subject."""
