"""Shared state: co-edited documents, chat and presence. Knows documents, channels and rights; no schools."""
