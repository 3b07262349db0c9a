"""The HTTP API: one typed table of routes (`table`), handlers by noun, and the OpenAPI document made from both."""
