"""Pages that stand where something else was asked for: challenges, logins, "not found" served as if all were well."""

import re

from feeds.errors import Trouble

# Titles of the walls that stand before government sites: Cloudflare, Akamai, Imperva, F5, CloudFront, Radware, AWS WAF.
BLOCKED_TITLE = re.compile(
    r"just a moment|attention required|access (to this page has been )?(is )?(denied|forbidden)\b|(error )?40[13]\b|"
    r"(forbidden|unauthori[sz]ed)\W*$|(the )?request(ed url was)? (rejected|blocked)|"
    r"pardon our interruption|(radware )?captcha|(human|bot) verification|verify(ing)? (that )?you are|"
    r"are you (a )?(human|robot)|robot check|please wait\W*$|checking your browser|ddos.guard|ddos protection|"
    r"security (check|challenge)\W*$|error: the request could not be satisfied|(sorry, )?you have been blocked|"
    r"(log ?in|sign ?in|log ?on|anmelden|anmeldung|connexion)(\s*$|\s*[-|:–]|\s+to\b)|authentication required",
    re.IGNORECASE,
)
MISSING_TITLE = re.compile(
    r"(error |http )*(404|410)\b|((sorry|oops)\W+)?(the )?(page|document|file|site|content|article)? ?"
    r"(was |is |could |can ?)?(not|n't) (be )?(found|available)|"
    r"page (no longer|does not|doesn't) (exists?|available)|page unavailable|"
    r"page (introuvable|non trouvée)|seite (wurde )?nicht gefunden|página no encontrada|pagina non trovata|"
    r"pagina niet gevonden|nie znaleziono|страница не найдена|сторінку не знайдено|页面不存在|ページが見つかりません",
    re.IGNORECASE,
)
# What such pages say where their title says nothing; only believed where the page says hardly anything else.
BLOCKED_TEXT = re.compile(
    r"(enable|requires?) (javascript|cookies)|javascript (is|seems to be) disabled|incapsula incident|"
    r"requested url was rejected|you don't have permission to access|unusual traffic|verify (that )?you are (a )?human",
    re.IGNORECASE,
)
# A wall says little: the longest seen has some 500 characters, the shortest advisory worth reading has more.
WALL_TEXT = 1_000


def wall(title: str, text: str) -> Trouble | None:
    """BLOCKED for a challenge, refusal or login page, SOFT_404 for a "not found", None for any other page.

    `text` is the page's plain text; a page that says much is no wall, whatever its title is.
    """
    if len(text) > WALL_TEXT:
        return None
    if BLOCKED_TITLE.match(title) or BLOCKED_TEXT.search(text):
        return Trouble.BLOCKED
    return Trouble.SOFT_404 if MISSING_TITLE.match(title) else None
