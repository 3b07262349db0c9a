"""The application: HTTP, sockets and the school; the only package that joins both engines."""
