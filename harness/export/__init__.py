"""Our runs in the forms that others read: tables, dataset, inspect's logs, public records."""
