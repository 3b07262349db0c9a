"""Files of other programs: tables and decks to bytes and back.

What is in here runs in a heavy process, one job at a time (`jobs.py`); the libraries that read and write files are
imported there and nowhere else, so that a server that converts nothing pays nothing. The server itself may import only
this module, `names.py` and the envelopes in `orders.py`.

The way of a file: `archive` opens it within bounds -> `table_*` reads it into a `Sheet` -> `gather` makes a table of
it, in the shapes of `collab/schema.py`. The way out: `reading` makes a table or a deck of a document's updates ->
`table_*` or `deck_*` writes it.
"""
