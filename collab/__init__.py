"""Shared state: co-edited documents, chat and presence. Knows documents, channels and rights, and nothing of schools."""
