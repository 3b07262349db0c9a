"""The servers that Kreide is measured beside: how each is installed (`install.py`) and driven (`*.cjs`, `*_server.py`).

Nothing of theirs lives here. They are installed by pinned versions from their own registries into
`$KREIDE_BENCH_HOME` (default `~/.cache/kreide-bench`), and each driver is the few lines that its own documentation
gives for a plain server.
"""
