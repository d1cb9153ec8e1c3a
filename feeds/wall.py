"""Pages that stand where something else was asked for: challenges, logins, "not found" served as if all were well."""

import re

from feeds.errors import Trouble

# Titles of the walls that stand before government sites: Cloudflare, Akamai, Imperva, F5, CloudFront, Radware, AWS WAF.
BLOCKED_TITLE = re.compile(
    r"just a moment|attention required|access (to this page has been )?(is )?(denied|forbidden|restricted)|"
    r"(error )?40[13]\b|(403 )?forbidden|unauthori[sz]ed|(the )?request(ed url was)? (rejected|blocked)|"
    r"pardon our interruption|(radware )?captcha|(human|bot) verification|verify(ing)? (that )?you are|"
    r"are you (a )?(human|robot)|robot check|(please )?wait\b.*(checking|verif)|checking your browser|ddos.guard|"
    r"ddos protection|security (check|challenge)|error: the request could not be satisfied|"
    r"you have been blocked|sorry, you have been blocked|(log|sign) ?in\b|"
    r"anmelden\b|connexion\b|authentication required",
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
