"""The page of seats as HTML: no script, no picture, nothing from elsewhere; readable on a telephone."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape

from passerelle.domain.orders.order import Seat, SeatState
from passerelle.domain.orders.people import RowProblem
from passerelle.domain.orders.seats import LineOfSeats, SeatsView
from passerelle.words.sentences import say

WORDS: Mapping[str, tuple[str, str]] = {
    "title": ("Vos places", "Your seats"),
    "order": ("Commande", "Order"),
    "other": ("English", "Français"),
    "seats": ("places", "seats"),
    "free": ("à attribuer", "free"),
    "none_free": ("Toutes les places sont attribuées.", "All seats are taken."),
    "lastname": ("Nom", "Last name"),
    "firstname": ("Prénom", "First name"),
    "email": ("Adresse électronique", "E-mail address"),
    "kind": ("Cette personne", "This person"),
    "learner": ("suit la formation", "takes the course"),
    "tutor": ("encadre", "supervises"),
    "course": ("Cours", "Course"),
    "name": ("Inscrire", "Enrol"),
    "name_one": ("Inscrire une personne", "Enrol a person"),
    "many": ("Inscrire plusieurs personnes", "Enrol several people"),
    "paste": (
        "Collez un tableau : nom ; prénom ; adresse électronique, une personne par ligne.",
        "Paste a table: last name ; first name ; e-mail address, one person a line.",
    ),
    "name_all": ("Inscrire toutes ces personnes", "Enrol all these people"),
    "swap": ("Remplacer", "Replace"),
    "swap_by": ("Remplacer par", "Replace by"),
    "give_back": ("Rendre cette place", "Give this seat back"),
    "row": ("Ligne", "Row"),
    "not_done": (
        "Rien n’a été enregistré : corrigez ces lignes, puis recommencez.",
        "Nothing was saved: correct these rows, then try again.",
    ),
    "done": (
        "C’est enregistré. Les inscriptions se font dans les minutes qui suivent.",
        "Saved. The enrolments follow within minutes.",
    ),
    "open": ("inscription en cours", "being enrolled"),
    "enrolled": ("inscription faite", "enrolled"),
    "stopped": ("pas d’inscription :", "not enrolled:"),
    "started": ("a commencé", "has started"),
    "nothing": (
        "Cette commande n’a pas (ou plus) de places à attribuer.",
        "This order has no seats to give (any more).",
    ),
    "help": ("Une question ?", "A question?"),
}

STYLE = """
:root{color-scheme:light dark;--line:#8884;--accent:#0b5cad;--bad:#b00020;--good:#17692f}
*{box-sizing:border-box}
body{font:1.05rem/1.5 system-ui,sans-serif;margin:0 auto;padding:1rem;max-width:44rem}
header{display:flex;justify-content:space-between;align-items:baseline;gap:1rem;flex-wrap:wrap}
h1{font-size:1.5rem;margin:.2rem 0}h2{font-size:1.15rem;margin:1.6rem 0 .4rem}
ul{list-style:none;padding:0;margin:0}li{border-top:1px solid var(--line);padding:.7rem 0}
.who{font-weight:600;overflow-wrap:anywhere}.state{display:block;opacity:.85;font-size:.95rem}
.bad{color:var(--bad)}.good{color:var(--good)}
@media (prefers-color-scheme:dark){:root{--accent:#7db8f5;--bad:#ff8a93;--good:#7fd89a}}
label{display:block;margin:.6rem 0 .15rem}
input,select,textarea,button{font:inherit;width:100%;padding:.6rem;border:1px solid var(--line);border-radius:.4rem;background:Canvas;color:CanvasText}
textarea{min-height:8rem}button{background:var(--accent);color:Canvas;border:0;margin-top:.8rem;cursor:pointer;min-height:2.9rem}
summary{cursor:pointer;padding:.5rem 0;color:var(--accent)}
.box{border:1px solid var(--line);border-radius:.5rem;padding:.6rem .9rem;margin:1rem 0}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
@media (min-width:36rem){.two{display:grid;grid-template-columns:1fr 1fr;gap:0 1rem}}
"""


@dataclass(frozen=True, slots=True)
class Said:
    """What the page says of the form that was just sent."""

    done: bool = False
    refused: str = ""  # a sentence
    problems: tuple[RowProblem, ...] = ()
    pasted: str = field(default="", repr=False)
    line: str = ""


def word(name: str, lang: str) -> str:
    french, english = WORDS[name]
    return escape(french if lang.startswith("fr") else english)


def page(view: SeatsView, lang: str, mark: str, said: Said, assistance: str) -> str:
    other = "en" if lang.startswith("fr") else "fr"
    body = [
        f'<header><h1>{word("title", lang)}</h1><a href="me?lang={other}" lang="{other}">{word("other", lang)}</a></header>',
        f"<p>{word('order', lang)} {escape(view.order.shown)}</p>",
        _said(said, lang),
    ]
    body += [_line(line, lang, mark, said) for line in view.lines]
    if not view.lines:
        body.append(f'<p class="box">{word("nothing", lang)}</p>')
    return frame("".join(body), lang, word("title", lang), assistance)


def frame(body: str, lang: str, title: str, assistance: str) -> str:
    help_line = ""
    if assistance:
        help_line = f'<footer><p>{word("help", lang)} <a href="mailto:{escape(assistance)}">{escape(assistance)}</a></p></footer>'
    short = "fr" if lang.startswith("fr") else "en"
    return (
        f'<!DOCTYPE html><html lang="{short}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="robots" content="noindex"><meta name="referrer" content="no-referrer">'
        f"<title>{title}</title><style>{STYLE}</style></head><body><main>{body}</main>{help_line}</body></html>"
    )


def dead(lang: str) -> str:
    text = escape(say("seats_link_dead", lang))
    return frame(
        f"<h1>{word('title', lang)}</h1><p class='box bad'>{text}</p>", lang, word("title", lang), ""
    )


def _said(said: Said, lang: str) -> str:
    if said.done:
        return f'<p class="box good" role="status">{word("done", lang)}</p>'
    if said.refused:
        return f'<p class="box bad" role="alert">{escape(said.refused)}</p>'
    if said.problems:
        rows = "".join(
            f"<li>{word('row', lang)} {problem.row} : {escape(say(problem.code, lang))}</li>"
            for problem in said.problems[:50]
        )
        return f'<div class="box bad" role="alert"><p>{word("not_done", lang)}</p><ul>{rows}</ul></div>'
    return ""


def _line(line: LineOfSeats, lang: str, mark: str, said: Said) -> str:
    title = escape(line.sold.line.title or line.sold.line.product)
    taken = len(line.seats)
    free = max(0, line.free)
    head = f"<h2>{title}</h2><p>{taken + free} {word('seats', lang)}, {free} {word('free', lang)}</p>"
    if line.free < 0:
        details = {"count": -line.free, "product": line.sold.line.title or line.sold.line.product}
        head += f'<p class="box bad">{escape(say("choose_seats", lang, **details))}</p>'
    people = "".join(_seat(seat, line, lang, mark) for seat in line.seats)
    forms = _forms(line, lang, mark, said) if free else ""
    return f"<section>{head}<ul>{people}</ul>{forms}</section>"


def _seat(seat: Seat, line: LineOfSeats, lang: str, mark: str) -> str:
    person = seat.person
    who = escape(f"{person.firstname} {person.lastname}".strip() or person.email)
    kind = f" – {word('tutor', lang)}" if person.kind == "tutor" else ""
    if seat.state == SeatState.REFUSED and seat.why is not None:
        why = escape(say(seat.why.code, lang, **seat.why.details))
        state = f'<span class="state bad">{word("stopped", lang)} {why}</span>'
    elif seat.state == SeatState.DONE:
        state = f'<span class="state good">{word("started" if seat.started else "enrolled", lang)}</span>'
    else:
        state = f'<span class="state">{word("open", lang)}</span>'
    hidden = _hidden(mark, seat=seat.key)
    forms = ""
    if line.free < 0:
        forms = _form("give_back", hidden, f"<button>{word('give_back', lang)}</button>")
    elif not seat.started:
        fields = _person_fields(lang, "s" + hashlib.sha256(seat.key.encode()).hexdigest()[:8])
        button = f"<button>{word('swap', lang)}</button>"
        forms = f"<details><summary>{word('swap_by', lang)}…</summary>{_form('swap', hidden, fields + button)}</details>"
    return f'<li><span class="who">{who}</span> <span class="state">{escape(person.email)}{kind}</span>{state}{forms}</li>'


def _forms(line: LineOfSeats, lang: str, mark: str, said: Said) -> str:
    hidden = _hidden(mark, line=line.sold.line.id)
    name = escape(line.sold.line.id)
    kinds = "".join(f'<option value="{kind}">{word(kind, lang)}</option>' for kind in ("learner", "tutor"))
    kind = (
        f'<label for="k{name}">{word("kind", lang)}</label><select id="k{name}" name="kind">{kinds}</select>'
    )
    courses = line.sold.courses()
    choice = ""
    if len(courses) > 1:
        options = "".join(f"<option>{escape(one)}</option>" for one in courses)
        choice = f'<label for="c{name}">{word("course", lang)}</label><select id="c{name}" name="course">{options}</select>'
    one = _person_fields(lang, f"n{name}") + kind + choice + f"<button>{word('name', lang)}</button>"
    pasted = escape(said.pasted) if said.line == line.sold.line.id else ""
    many = (
        f'<label for="p{name}">{word("paste", lang)}</label>'
        f'<textarea id="p{name}" name="pasted" spellcheck="false" required>{pasted}</textarea>'
        f"{choice.replace(f'c{name}', f'd{name}')}<button>{word('name_all', lang)}</button>"
    )
    opened = " open" if pasted else ""
    return (
        f"<h2>{word('name_one', lang)}</h2>{_form('name', hidden, one)}"
        f"<details{opened}><summary>{word('many', lang)}</summary>{_form('paste', hidden, many)}</details>"
    )


def _person_fields(lang: str, prefix: str) -> str:
    def one(name: str, kind: str, complete: str) -> str:
        return (
            f'<div><label for="{prefix}{name}">{word(name, lang)}</label>'
            f'<input id="{prefix}{name}" name="{name}" type="{kind}" autocomplete="{complete}" maxlength="100" required></div>'
        )

    names = f'<div class="two">{one("lastname", "text", "off")}{one("firstname", "text", "off")}</div>'
    return names + one("email", "email", "off")


def _hidden(mark: str, **values: str) -> str:
    rows = {"mark": mark, **values}
    return "".join(f'<input type="hidden" name="{k}" value="{escape(v)}">' for k, v in rows.items())


def _form(action: str, hidden: str, fields: str) -> str:
    return f'<form method="post" action="me">{hidden}<input type="hidden" name="action" value="{action}">{fields}</form>'
