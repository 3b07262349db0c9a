"""The media engine: who hears and sees whom, and the connections that carry it.

It knows peers and their `MediaRights`; it knows nothing of schools, people's names, documents or HTTP.
Python decides a few times a second; the native plane carries every packet. README.md follows one packet.
"""
