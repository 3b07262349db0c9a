"""Logins in small letters, as they are looked up; of two that become the same the later one gets a number."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from web.school.names import clean_login

revision = "0002_logins"
down_revision = "0001_school"
branch_labels = None
depends_on = None

account = sa.table("account", sa.column("id"), sa.column("school"), sa.column("login"))


def upgrade() -> None:
    connection = op.get_bind()
    rows = connection.execute(sa.select(account.c.id, account.c.school, account.c.login).order_by(account.c.id)).all()
    taken = {(school, login) for _, school, login in rows if login == clean_login(login)}
    for account_id, school, login in rows:
        wanted = clean_login(login)
        if login == wanted:
            continue
        name, number = wanted, 2
        while (school, name) in taken:
            name, number = f"{wanted}-{number}", number + 1
        taken.add((school, name))
        connection.execute(sa.update(account).where(account.c.id == account_id).values(login=name))
