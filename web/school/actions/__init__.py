"""Everything that changes a school: `do_*`, each one transaction with its numbered event.

Laws: an action trusts that access was asked before, and checks only what must hold in the data (same school,
fitting roles). It returns what is true after it. There is no other writer of the school's tables, but for
logins (`web.sessions`) and settings.
"""

from web.school.actions.channels import ChannelPatch, do_change_channel
from web.school.actions.direct import (
    PersonalPatch,
    SchoolPatch,
    do_block,
    do_change_school,
    do_open_direct,
    do_set_personal,
    do_unblock,
)
from web.school.actions.dissolving import do_dissolve_group
from web.school.actions.documents import (
    DocumentPatch,
    do_change_document,
    do_create_document,
    do_create_folder,
    do_create_scratch,
    do_share,
)
from web.school.actions.group_rooms import do_keep_group_rooms
from web.school.actions.groups import do_create_group, do_enrol, do_rename_group, do_unenrol
from web.school.actions.meetings import (
    MeetingPatch,
    do_admit,
    do_change_meeting,
    do_create_guest_link,
    do_create_meeting,
    do_forget_admission,
    do_invite,
    do_revoke_guest_link,
    do_uninvite,
)
from web.school.actions.people import (
    AccountPatch,
    do_change_account,
    do_create_account,
    do_create_school,
    do_end_expired_sessions,
    do_end_session,
    do_link_guardian,
    do_revoke_ticket,
    do_set_password,
    do_unlink_guardian,
)

__all__ = [
    "AccountPatch",
    "ChannelPatch",
    "DocumentPatch",
    "MeetingPatch",
    "PersonalPatch",
    "SchoolPatch",
    "do_admit",
    "do_block",
    "do_change_account",
    "do_change_channel",
    "do_change_document",
    "do_change_meeting",
    "do_change_school",
    "do_create_account",
    "do_create_document",
    "do_create_folder",
    "do_create_group",
    "do_create_guest_link",
    "do_create_meeting",
    "do_create_school",
    "do_create_scratch",
    "do_dissolve_group",
    "do_end_expired_sessions",
    "do_end_session",
    "do_enrol",
    "do_forget_admission",
    "do_invite",
    "do_keep_group_rooms",
    "do_link_guardian",
    "do_open_direct",
    "do_rename_group",
    "do_revoke_guest_link",
    "do_revoke_ticket",
    "do_set_password",
    "do_set_personal",
    "do_share",
    "do_unblock",
    "do_unenrol",
    "do_uninvite",
    "do_unlink_guardian",
]
