"""Puts the console together: its own pages, the dialogs, and the lists of rows."""

from __future__ import annotations

from django.contrib.auth.models import User

from migration.admin.approvals import approve, withdraw
from migration.admin.auditlist import AuditAdmin, chain
from migration.admin.dashboard import dashboard
from migration.admin.declaring import declare_dead
from migration.admin.drills import drill, give_up
from migration.admin.endpoint import endpoint
from migration.admin.freezing import freeze, thaw
from migration.admin.holders import HolderAdmin
from migration.admin.moves import move
from migration.admin.people import PeopleAdmin
from migration.admin.site import console
from migration.admin.transition import transition
from migration.admin.transitions import TransitionAdmin
from migration.models import AuditEvent, Holder, Transition

__all__ = ["console"]

console.add_page("", dashboard, name="index")
console.add_page("freeze/", freeze, name="freeze")
console.add_page("thaw/", thaw, name="thaw")
console.add_page("migration/endpoint/<str:name>/", endpoint, name="endpoint")
console.add_page("migration/endpoint/<str:name>/drill/", drill, name="drill")
console.add_page("migration/endpoint/<str:name>/drill/give-up/", give_up, name="give_up_drill")
console.add_page("migration/endpoint/<str:name>/<slug:verb>/", move, name="move")
console.add_page("migration/transition/<int:pk>/", transition, name="transition")
console.add_page("migration/transition/<int:pk>/approve/", approve, name="approve")
console.add_page("migration/transition/<int:pk>/withdraw/", withdraw, name="withdraw")
console.add_page("migration/holder/<int:pk>/declare-dead/", declare_dead, name="declare_dead")
console.add_page("migration/auditevent/chain/", chain, name="audit_chain")

console.register(Transition, TransitionAdmin)
console.register(Holder, HolderAdmin)
console.register(AuditEvent, AuditAdmin)
console.register(User, PeopleAdmin)
