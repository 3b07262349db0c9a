"""A table and a deck with everything in them that has ever been lost on the way through a file."""

from __future__ import annotations

from collab.formats.reading import Deck, Table
from collab.schema import Box, Column, Row, Slide

TABLE = Table(
    (Column(160), Column(120, "0.00"), Column(90, "%"), Column(120, "text"), Column(120), Column(48, "0.000")),
    (
        Row(("Name", "Länge", "Anteil", "Kennung", "Da?", "ß"), head=True),
        Row(("Änne Groß", 1.5, 0.125, "07123", True, 0.001)),
        Row(("مريم", -2, 1, "1234567890123456789", False, None)),
        Row(("שלום", 0.3, 0.5, "=1+1", None, -1e-9)),
        Row((None, None, None, None, None, None)),
        Row(("  zwei  Leer ", 1e12, 0.001, "+49 6151", None, 12345678.5)),
        Row(("<b>&amp;\n\tzweite Zeile", 0, 0, "'quoted", True, 1)),
        Row(("Zoë 😀", 7, 2.5, "@home\n-x", None, None)),
    ),
)
DECK = Deck(
    (
        Slide(
            (
                Box("title", (100, 70, 1400, 110, 0), ('Brüche & "Anteile" <b>',), align="center"),
                Box("text", (100, 230, 680, 300, 0), ("مرحبا", "zweite Zeile", "", "Привіт"), "mark", "s"),
                Box("rect", (840, 230, 300, 150, 20), fill="mark", alt="Kasten"),
                Box("ellipse", (1200, 230, 300, 150, 0), color="chalk-red"),
                Box("line", (840, 500, 300, 100, 45), color="chalk-blue"),
                Box("image", (1200, 500, 300, 200, 0), alt="Bild vom Stadtpark"),
            ),
            notes=("Einstieg", "<zeigen>"),
        ),
        Slide(
            (Box("text", (100, 230, 680, 300, -15), ("gedreht",), align="end"), Box("title", (0, 0, 9, 9, 0), ("",))),
            "paper",
        ),
        Slide((), "paper"),
    )
)
