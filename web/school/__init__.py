"""The school: who belongs to it, what they have, and who may do what.

`model` says what there is, `access` who may reach it, `actions` how it changes, `events` what a change tells,
`store` where it is kept. Nothing here knows HTTP, sockets or the engines.
"""
