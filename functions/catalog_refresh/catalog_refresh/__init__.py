"""The scheduled function that discovers the account's models and writes the catalog table."""
