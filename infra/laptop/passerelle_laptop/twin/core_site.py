"""The site about itself, messages, file areas and Moodle's own backup progress."""

from __future__ import annotations

from html import escape
from typing import Any

from passerelle_laptop.twin.asked import Asked, Handler
from passerelle_laptop.twin.errors import no_record
from passerelle_laptop.twin.records import Message

_FEATURES = {
    "usecomments": 1,
    "usetags": 1,
    "enablenotes": 1,
    "messaging": 1,
    "enableblogs": 1,
    "enablecompletion": 1,
    "enablebadges": 1,
    "messagingallusers": 0,
    "enablecustomreports": 1,
    "enableglobalsearch": 0,
    "mnet_dispatcher_mode": 0,
    "enablecompetencies": 1,
}
_QUOTA = 104_857_600


def site_info(asked: Asked, _params: dict[str, Any]) -> dict[str, Any]:
    site, caller = asked.site, asked.caller
    settings = site.settings
    return {
        "sitename": settings.title,
        "username": caller.username,
        "firstname": caller.firstname,
        "lastname": caller.lastname,
        "fullname": caller.fullname,
        "lang": caller.lang,
        "userid": caller.id,
        "siteurl": site.base_url,
        "userpictureurl": f"{site.base_url}/theme/image.php/boost/core/{settings.themerev}/u/f1",
        "functions": [{"name": name, "version": settings.version} for name in site.function_names()],
        "downloadfiles": 1,
        "uploadfiles": 1,
        "release": settings.release,
        "version": settings.version,
        "mobilecssurl": "",
        "advancedfeatures": [{"name": name, "value": value} for name, value in _FEATURES.items()],
        "usercanmanageownfiles": True,
        "userquota": _QUOTA,
        "usermaxuploadfilesize": settings.upload_max_filesize,
        "userhomepage": 1,
        "userprivateaccesskey": "0" * 32,
        "siteid": 1,
        "sitecalendartype": "gregorian",
        "usercalendartype": "gregorian",
        "userissiteadmin": False,
        "theme": "boost",
        "limitconcurrentlogins": 0,
        "policyagreed": 0,
    }


def public_config(asked: Asked, _params: dict[str, Any]) -> dict[str, Any]:
    site = asked.site
    return {
        "wwwroot": site.base_url,
        "httpswwwroot": site.base_url,
        "sitename": site.settings.title,
        "guestlogin": 0,
        "rememberusername": 0,
        "authloginviaemail": 0,
        "registerauth": "",
        "forgottenpasswordurl": "",
        "authinstructions": "",
        "authnoneenabled": 0,
        "enablewebservices": 1,
        "enablemobilewebservice": 0,
        "maintenanceenabled": 0,
        "maintenancemessage": "",
        "typeoflogin": 1,
        "release": site.settings.release,
        "version": site.settings.version,
        "warnings": [],
    }


def send_messages(asked: Asked, params: dict[str, Any]) -> list[dict[str, Any]]:
    state, rows = asked.state, []
    for row in params["messages"]:
        user = state.users.get(row["touserid"])
        if user is None:
            rows.append({"msgid": -1, "errormessage": "The user account does not exist"})
            continue
        number = state.sequences.next("messages")
        text = f"<p>{escape(row['text'], quote=False)}</p>" if row["textformat"] == 0 else row["text"]
        state.messages.append(Message(number, user.id, row["text"], asked.now, asked.caller.id))
        answer = {
            "msgid": number,
            "text": text,
            "timecreated": asked.now,
            "conversationid": user.id - asked.caller.id - 1 if user.id > asked.caller.id + 1 else 1,
            "useridfrom": asked.caller.id,
            "candeletemessagesforallusers": True,
        }
        if row.get("clientmsgid"):
            answer["clientmsgid"] = row["clientmsgid"]
        rows.append(answer)
    return rows


def draft_itemid(asked: Asked, _params: dict[str, Any]) -> dict[str, Any]:
    return {
        "component": "user",
        "contextid": 11,
        "userid": asked.caller.id,
        "filearea": "draft",
        "itemid": 653_780_712 + asked.state.sequences.next("draft"),
        "warnings": [],
    }


def private_files_info(asked: Asked, params: dict[str, Any]) -> dict[str, Any]:
    held = asked.state.stash.get(params["userid"] or asked.caller.id, [])
    size = sum(file.size for file in held)
    return {
        "filecount": len(held),
        "foldercount": 0,
        "filesize": size,
        "filesizewithoutreferences": size,
        "warnings": [],
    }


def backup_progress(_asked: Asked, _params: dict[str, Any]) -> list[dict[str, Any]]:
    # Passerelle's jobs are ad-hoc tasks of the plugin: Moodle's own controllers never know them.
    raise no_record("backup_controllers")


FUNCTIONS: dict[str, Handler] = {
    "core_webservice_get_site_info": site_info,
    "tool_mobile_get_public_config": public_config,
    "core_message_send_instant_messages": send_messages,
    "core_files_get_unused_draft_itemid": draft_itemid,
    "core_user_get_private_files_info": private_files_info,
    "core_backup_get_async_backup_progress": backup_progress,
}
