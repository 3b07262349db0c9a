"""The HTTP API: one typed table of routes (`table`), handlers by noun, and the OpenAPI document made from both."""

from web.routes import accounts, classes, documents, home, meetings, openapi, session

API_ROUTES = (
    *session.ROUTES,
    *home.ROUTES,
    *meetings.ROUTES,
    *classes.ROUTES,
    *documents.ROUTES,
    *accounts.ROUTES,
    *openapi.ROUTES,
)
