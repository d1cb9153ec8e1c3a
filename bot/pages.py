"""The few web pages that somebody sees who installs the app: plain words, no script, nothing fetched from elsewhere."""

import html
from dataclasses import dataclass

from bot import paths
from bot.help import COMMAND

# Nothing but the page's own style: what stands in an address can neither run nor send anything.
HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",  # the address has the code of the installation in it
    "X-Content-Type-Options": "nosniff",
}
STYLE = (
    ":root{color-scheme:light dark}body{font:1.1rem/1.6 system-ui,sans-serif;max-width:38rem;margin:4rem auto;"
    "padding:0 1.25rem}h1{font-size:1.6rem;line-height:1.25}code{background:rgba(128,128,128,.18);padding:.1em .35em;"
    "border-radius:.3em}li{margin:.5rem 0}a{color:inherit}"
)
AGAIN = f'<p><a href="{paths.INSTALL}">Install attribution-bot</a></p>'


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why an installation came to nothing: a status, and sentences that say what to do."""

    status: int
    title: str
    words: str


DENIED = Failure(
    status=200,
    title="Nothing was installed",
    words="The installation was cancelled on Slack's page. Nothing is stored.",
)
TOO_LATE = Failure(
    status=400,
    title="Please begin again",
    words="An installation ends in the browser that it began in, within ten minutes, and only once. This one did not,"
    " so nothing was installed now; if you saw a page that said it is done, it is.",
)
BUSY = Failure(
    status=503,
    title="Please try again in a minute",
    words="The bot's database is busy just now, and nothing was stored.",
)


def refused(code: str) -> Failure:
    """What is said where Slack does not give out a token; `code`: Slack's own."""
    return Failure(
        status=502,
        title="Slack did not let the app in",
        words=f"Slack's answer was “{code}”, and nothing was installed. Try once more; if it says so again,"
        " tell it to whoever runs this bot.",
    )


def failed(failure: Failure) -> str:
    """The page that says why nothing was installed, and leads to another try."""
    return _page(failure.title, f"<p>{html.escape(failure.words)}</p>{AGAIN}")


def installed(name: str, team: str | None) -> str:
    """The page at the end; `name`: the workspace's or organisation's; `team`: its id, None for an organisation."""
    where = html.escape(name) or "your workspace"
    added = "" if team else "<li>An owner of the organisation adds the app to workspaces on Slack's admin pages.</li>"
    steps = (
        f"<ol>{added}<li>In Slack, go to the channel that should hear of attributions, and type"
        " <code>/invite @attribution-bot</code>.</li>"
        f"<li>Type <code>{COMMAND} subscribe</code> to hear of all of them, or <code>{COMMAND} subscribe iran</code>"
        " to hear of some. The bot confirms it in the channel.</li></ol>"
    )
    then = (
        f"<p>The first alert comes with the first new attribution, which may be days away. <code>{COMMAND} iran</code>"
        f" asks what is known already, <code>{COMMAND} help</code> tells the rest.</p>"
    )
    link = f'<p><a href="https://app.slack.com/client/{html.escape(team)}">Open Slack</a></p>' if team else ""
    return _page(f"attribution-bot is installed in {where}", f"<p>What is left to do:</p>{steps}{then}{link}", raw=True)


def _page(title: str, body: str, *, raw: bool = False) -> str:
    heading = title if raw else html.escape(title)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{heading}</title>'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><style>{STYLE}</style></head>'
        f"<body><main><h1>{heading}</h1>{body}</main></body></html>"
    )
