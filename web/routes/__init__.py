"""The HTTP API: one typed table of routes (`table`), handlers by noun, and the OpenAPI document made from both."""

from web.routes import (
    accounts,
    channels,
    classes,
    direct,
    documents,
    group_rooms,
    home,
    meetings,
    openapi,
    people,
    recordings,
    roster,
    session,
    settings,
    uploads,
)

API_ROUTES = (
    *session.ROUTES,
    *home.ROUTES,
    *meetings.ROUTES,
    *group_rooms.ROUTES,
    *classes.ROUTES,
    *channels.ROUTES,
    *direct.ROUTES,
    *people.ROUTES,
    *settings.ROUTES,
    *documents.ROUTES,
    *uploads.ROUTES,
    *recordings.ROUTES,
    *accounts.ROUTES,
    *roster.ROUTES,
    *openapi.ROUTES,
)
