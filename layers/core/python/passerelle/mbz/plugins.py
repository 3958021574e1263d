"""What third-party activities write of people though a backup is made without users (P4), and why.

Read in the plugins' own `backup/moodle2` and `restore_…_stepslib.php`. A row is removed only where the
plugin's restore takes rows one by one and refers to none of them again, so that none is as good as some.
Attendance, booking, customcert and zoom were restored, scrubbed, on a real Moodle with the plugin installed
(infra/moodle/local_passerelle/README.md says which releases); the others were not.
"""

from __future__ import annotations

from dataclasses import dataclass

from passerelle.mbz.cures import Cure


@dataclass(frozen=True, slots=True)
class PluginPlace:
    module: str
    elements: dict[str, Cure]
    why: str
    within: str | None = None  # only inside this element


PLUGIN_PLACES = (
    PluginPlace(
        "attendance",
        {"lasttakenby": Cure.ZERO, "thirdpartyemails": Cure.EMPTY},
        "who last took the register of a session; addresses that are warned of absences",
    ),
    PluginPlace(
        "booking",
        {
            "bookingmanager": Cure.EMPTY,
            "organizatorname": Cure.EMPTY,
            "responsiblecontact": Cure.EMPTY,
            "banusernames": Cure.EMPTY,
        },
        "a login, a name, ids of the people responsible for an option, logins that may not book",
    ),
    PluginPlace(
        "booking",
        {"usercreated": Cure.ZERO, "usermodified": Cure.ZERO},
        "who made an option and who changed it last",
        "options",
    ),
    PluginPlace("booking", {"historyitem": Cure.REMOVE}, "who did what, always written", "history"),
    PluginPlace(
        "booking",
        {"bookingrule": Cure.REMOVE},
        "whom mails go to, as ids inside JSON: restored, a rule writes to whoever bears them there",
        "bookingrules",
    ),
    PluginPlace(
        "booking",
        {"teacher": Cure.REMOVE},
        "an option's teachers: restored under the bare id where nobody is mapped, whoever that is there",
        "teachers",
    ),
    PluginPlace(
        "booking",
        {"optiondates_teacher": Cure.REMOVE},
        "which teacher was there at which session",
        "optiondates_teachers",
    ),
    PluginPlace("certificate", {"emailothers": Cure.EMPTY}, "addresses that get each certificate"),
    PluginPlace("customcert", {"emailothers": Cure.EMPTY}, "addresses that get each certificate"),
    PluginPlace(
        "simplecertificate",
        {"emailothers": Cure.EMPTY, "emailfrom": Cure.EMPTY},
        "addresses that get each certificate, and the one it comes from",
    ),
    PluginPlace(
        "turnitintooltwo",
        {
            "ownerid": Cure.ZERO,
            "ownertiiuid": Cure.ZERO,
            "owneremail": Cure.EMPTY,
            "ownerfn": Cure.EMPTY,
            "ownerln": Cure.EMPTY,
            "ownerun": Cure.EMPTY,
        },
        "the teacher who made the Turnitin class; a restore finds its owner by that address, else takes "
        "whoever restores",
        "course",
    ),
    PluginPlace("via", {"creator": Cure.ZERO}, "who made the meeting"),
    PluginPlace(
        "via",
        {"participant": Cure.REMOVE},
        "its hosts, written without users too, and restored under the bare id, whoever that is there",
        "participants",
    ),
    PluginPlace("wooclap", {"authorid": Cure.ZERO}, "who made the event"),
    PluginPlace(
        "zoom",
        {"alternative_hosts": Cure.EMPTY, "host_id": Cure.EMPTY},
        "addresses of colleagues who may start the meeting; the host's account at Zoom",
    ),
)

# Leaves of JSON with ids of people inside (`cures.ids_in`), as (module, element), and why.
IDS_IN_JSON = {
    ("customcert", "data"): "the teacher whose name an element prints",
    ("booking", "availability"): "who alone may book an option",
}

# Passwords and addresses that open something: (module, element) → cure, and why. Emptied in what is
# published, kept for a change of year.
KEYS = (
    PluginPlace("quiz", {"password": Cure.EMPTY}, "opens the quiz, and each override of it"),
    PluginPlace("lesson", {"password": Cure.EMPTY, "usepassword": Cure.ZERO}, "opens the lesson"),
    PluginPlace(
        "bigbluebuttonbn",
        {"moderatorpass": Cure.EMPTY, "viewerpass": Cure.EMPTY, "guestpassword": Cure.EMPTY},
        "opens the meeting room, which keeps its number",
    ),
    PluginPlace(
        "zoom",
        {"password": Cure.EMPTY, "start_url": Cure.EMPTY, "join_url": Cure.EMPTY},
        "opens the meeting; a restore makes another one",
    ),
    PluginPlace("attendance", {"studentpassword": Cure.EMPTY}, "marks whoever knows it as present"),
)
