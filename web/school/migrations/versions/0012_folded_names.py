"""By what accounts are found and put in order, among all of a large school."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from web.school.names import account_key

revision = "0012_folded_names"
down_revision = "0011_video_codec"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("account", sa.Column("folded", sa.Text(), nullable=False, server_default=""))
    table = sa.table("account", sa.column("id"), sa.column("login"), sa.column("full_name"), sa.column("folded"))
    connection = op.get_bind()
    nobodys = sa.and_(table.c.id == table.c.login, table.c.id.startswith("gone-"))  # what is left of the erased
    rows = connection.execute(sa.select(table.c.id, table.c.full_name, table.c.login).where(~nobodys)).all()
    if rows:
        change = sa.update(table).where(table.c.id == sa.bindparam("of")).values(folded=sa.bindparam("key"))
        connection.execute(change, [{"of": row.id, "key": account_key(row.full_name, row.login)} for row in rows])
    op.create_index(op.f("ix_account_school_folded_id"), "account", ["school", "folded", "id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_account_school_folded_id"), table_name="account")
    op.drop_column("account", "folded")
