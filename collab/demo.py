"""The deck and the table of the demo school: what a stranger sees first, so they are real lesson material."""

from __future__ import annotations

import math

from .schema import Box, Column, Row, Slide, deck_seed, table_seed

_TITLE = (100.0, 70.0, 1400.0, 110.0, 0.0)
_WIDE = (100.0, 230.0, 1400.0, 520.0, 0.0)
_LEFT = (100.0, 230.0, 680.0, 520.0, 0.0)
_RIGHT = (840.0, 230.0, 660.0, 520.0, 0.0)
_FOOT = (100.0, 810.0, 700.0, 56.0, 0.0)


def demo_deck() -> bytes:
    """Return the seed of "Die Normalparabel verschieben" (mathematics, year 8)."""
    foot = Box("text", _FOOT, ("Mathematik 8b",), size="s")
    return deck_seed(
        (
            Slide(
                (
                    Box("title", (100, 300, 1400, 130, 0), ("Die Normalparabel verschieben",), size="xl"),
                    Box("text", (100, 450, 1400, 80, 0), ("Wie kommt der Graph von A nach B?",), color="mark"),
                    foot,
                ),
                notes=("Einstieg: Brücke im Stadtpark zeigen, Vermutungen sammeln.",),
            ),
            Slide(
                (
                    Box("title", _TITLE, ("Wiederholung",)),
                    Box(
                        "text",
                        _LEFT,
                        (
                            "Normalparabel: y = x²",
                            "Der Scheitel liegt im Ursprung: S(0 | 0)",
                            "Sie ist symmetrisch zur y-Achse.",
                        ),
                    ),
                    Box("rect", _RIGHT, fill="mark", alt="Kasten für die Wertetabelle"),
                    Box(
                        "text",
                        (880, 260, 580, 460, 0),
                        ("x:  −2  −1  0  1  2", "y:   4   1  0  1  4", "Was fällt auf?"),
                        color="board",
                    ),
                    foot,
                ),
                bg="paper",
            ),
            Slide(
                (
                    Box("title", _TITLE, ("Nach oben, nach rechts",)),
                    Box(
                        "text",
                        _LEFT,
                        ("Ausgang: y = x²", "2 nach rechts: y = (x − 2)²", "1 nach oben: y = (x − 2)² + 1"),
                    ),
                    Box("text", _RIGHT, ("y = (x − 2)² + 1", "Scheitel S(2 | 1)"), color="mark", size="l"),
                    foot,
                ),
                notes=("Erst raten lassen: links oder rechts?", "Dann Folie 4 in die Gruppen geben (12 Minuten)."),
            ),
            Slide(
                (
                    Box("title", _TITLE, ("Gruppenarbeit",)),
                    Box(
                        "text",
                        _WIDE,
                        (
                            "1. Wählt eigene Werte für d und e in y = (x − d)² + e.",
                            "2. Zeichnet den Graphen und lest den Scheitel ab.",
                            "3. Begründet: Warum steht in der Klammer ein Minus?",
                        ),
                    ),
                    Box("text", (100, 700, 1400, 80, 0), ("Euer Ergebnis:",), color="board"),
                    foot,
                ),
                bg="paper",
            ),
            Slide(
                (
                    Box("title", _TITLE, ("Hausaufgabe",), color="mark"),
                    Box(
                        "text",
                        _WIDE,
                        (
                            "Buch S. 48, Nr. 3 und 5",
                            "Wer mag: Findet eine Parabel in eurer Umgebung und fotografiert sie.",
                        ),
                    ),
                    foot,
                ),
            ),
        )
    )


def demo_table() -> bytes:
    """Return the seed of "Messreihe Fadenpendel" (physics, year 9): ten swings, three runs, the period and g."""
    groups = (
        "Amira, Ben",
        "Clara, Deniz",
        "Emil, Fatma",
        "Greta, Hannes",
        "Ida, Jonas",
        "Kateryna, Leo",
        "Mats, Nour",
        "Oskar, Paula",
    )
    runs: tuple[tuple[float | None, ...], ...] = (
        (0.30, 10.9, 10.8, 10.9),
        (0.40, 12.5, 12.5, 12.6),
        (0.50, 14.4, 14.3, 14.3),
        (0.60, 15.4, 15.6, 15.4),
        (0.70, 16.6, 16.6, 16.6),
        (0.80, 18.2, 18.1, 18.1),
        (0.90, 19.2, None, None),
        (1.00, None, None, None),
    )
    columns = (Column(160, "text"), Column(120, "0.00"), *[Column(120, "0.0")] * 3, *[Column(120, "0.00")] * 3)
    heading = (
        "Gruppe",
        "Länge l in m",
        "1. Messung in s",
        "2. Messung in s",
        "3. Messung in s",
        "Dauer T in s",
        "T² in s²",
        "g in m/s²",
    )
    rows = [Row(heading, head=True)]
    rows += [Row((group, *run, *_results(run))) for group, run in zip(groups, runs, strict=True)]
    found = [_results(run)[2] for run in runs if None not in run]
    rows.append(Row(("Mittelwert", *[None] * 6, round(sum(found) / len(found), 4))))
    return table_seed(columns, rows)


def _results(run: tuple[float | None, ...]) -> tuple[float, ...]:
    """Period, its square and g of a group whose three runs are there; nothing otherwise."""
    length, *times = run
    measured = [time for time in times if time is not None]
    if length is None or len(measured) < 3:
        return ()
    period = round(sum(measured) / len(measured) / 10, 4)
    return (period, round(period**2, 4), round(4 * math.pi**2 * length / period**2, 4))
