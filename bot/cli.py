"""The command line: `attribution-bot COMMAND`."""

import asyncio
import json
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import Any, BinaryIO, TextIO

import click
from sqlite_utils import Database

from attribution.query import QueryError, parse
from bot import (
    archive,
    backfill,
    backup,
    blocktext,
    cards,
    casework,
    classify,
    config,
    demo,
    digests,
    doctor,
    feed_lists,
    feedback,
    poll,
    probe,
    roundups,
    run,
    status,
    terminal,
)
from bot.exports.errors import ExportError
from bot.exports.export import FORMATS, export
from bot.loop import Loop
from bot.stats import shown_stats
from feeds.fetch import WEB_PORTS
from feeds.opml import LIMIT, OpmlError, read_opml
from storage import audit, claims, schema, stats
from storage.db import StorageError, connect, explained

EXPECTED = (
    StorageError,
    backup.BackupError,
    QueryError,
    config.ConfigError,
    casework.CaseError,
    digests.WeekError,
    OpmlError,
    backfill.BackfillError,
    ExportError,
)


class Moment(click.ParamType[datetime]):
    """A time such as 2022-09-07T12:00 or 2022-09-07, taken as UTC where it names no zone."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            found = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no time: write 2022-09-07T12:00 (UTC) or 2022-09-07.", param, ctx)
        if not 1990 <= found.year <= 2100:
            self.fail(f"{value!r} is out of range: give a time between 1990 and 2100.", param, ctx)
        return found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)


@contextmanager
def _stored(now: datetime | None = None, *, archived: bool = True) -> Iterator[Database]:
    """The database, of this version's schema; `archived`: with the archive, so that a new one answers, too."""
    with connect(config.load().database_url) as db:
        schema.require_current(db)
        if archived:
            archive.load(db, now or datetime.now(UTC))
        yield db


AT = click.option("--at", "now", type=Moment(), metavar="TIME", help="Take this as the present time (UTC).")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="attribution-bot")
def cli() -> None:
    """Tells who blames which state for which cyber operation, how surely, and in which sentence."""


@cli.command("poll")
@click.option(
    "--feed", "sources", multiple=True, metavar="SOURCE", help="URL, FILE, ID, ID=URL or ID=FILE; may be repeated."
)
@AT
def poll_command(sources: tuple[str, ...], now: datetime | None) -> None:
    """Poll every enabled feed once, or only the SOURCEs given.

    ID=URL and ID=FILE read that body as the catalogue's feed ID. Exits with 1 if no feed could be read.
    """
    polled = asyncio.run(poll.poll(config.load(), sources, now or datetime.now(UTC)))
    sys.exit(0 if any(one.trouble is None for one in polled) else 1)


@cli.command("classify")
@click.argument("file", type=click.File(encoding="utf-8-sig", errors="replace"), default="-")
@click.option("--jsonl", is_flag=True, help="Read and write one post a line as JSON.")
@click.option("--why-not", "why", is_flag=True, help="Show which step of reading a post without an alert stopped at.")
@click.option("--publisher", default="", help="Who published it, as a host name or a name.")
@click.option("--country", default="", help="The publisher's country, as a two-letter code.")
def classify_command(file: TextIO, jsonl: bool, why: bool, publisher: str, country: str) -> None:
    """Read a post from FILE (or standard input): its first line is the title.

    Shows each attribution, and for each of its fields the words that gave it and the name of the rule. --why-not shows
    instead why there is none: the step that the post stopped at, and the sentence nearest to passing it.

    With --jsonl each line is an object with title and text, and may have id, publisher, country_of_publisher,
    published and lang.
    """
    sys.exit(classify.lines(file, why=why) if jsonl else classify.show(file.read(), publisher, country, why=why))


@cli.command("query")
@click.argument("question", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array, one object a claim.")
@click.option("--limit", type=click.IntRange(min=1), default=None, help="Print at most so many claims.")
@AT
def query_command(question: tuple[str, ...], as_json: bool, limit: int | None, now: datetime | None) -> None:
    """Print the stored claims that answer QUESTION, newest first.

    \b
    iran                     claims that accuse Iran
    apt28                    claims that name a group, by any alias
    notpetya                 claims about an operation that is known by a name
    by:uk,us victim:albania  by whom, against whom
    kind:sanctions           statement, advisory, sanctions, indictment, expulsion, disruption, report
    since:2022 until:2022-09 or since:30d
    confidence:likely        at least so sure
    case:2022-17 mentions:yes "energy"
    """
    asked = parse(" ".join(question), (now or datetime.now(UTC)).date())
    with _stored(now) as db:
        found = claims.find(db, asked, limit=limit)
    if as_json:
        terminal.print_json(found)
    else:
        terminal.print_found(found, asked)


@cli.command("stats")
@click.argument("question", nargs=-1)
@AT
def stats_command(question: tuple[str, ...], now: datetime | None) -> None:
    """Count who accuses whom over what answers QUESTION: by year, accused, accuser and kind."""
    asked = parse(" ".join(question), (now or datetime.now(UTC)).date())
    with _stored(now) as db:
        click.echo(blocktext.shown(shown_stats(asked, stats.stats(db, asked))))


@cli.command("export")
@click.argument("question", nargs=-1)
@click.option("--format", "form", type=click.Choice(list(FORMATS)), default="json", show_default=True, help="As what.")
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write this file, all of it or nothing."
)
@AT
def export_command(question: tuple[str, ...], form: str, output: Path | None, now: datetime | None) -> None:
    """Write the stored claims that answer QUESTION, oldest record first, to standard output or a file.

    \b
    stix   a STIX 2.1 bundle, marked TLP:CLEAR; needs attribution-bot[stix]
    csv    a row a claim, for a spreadsheet; a cell that would be a formula has ' before it
    json   an array of objects, with case, url, publisher and recorded_at
    jsonl  the same, one object a line

    Without QUESTION, everything but mentions; mentions:yes adds those.
    """
    asked = parse(" ".join(question), (now or datetime.now(UTC)).date())
    with _stored(now) as db:
        export(db, asked, form, output)


@cli.command("import")
@click.argument("sources", metavar="FILE...", type=click.Path(exists=True, path_type=Path), nargs=-1, required=True)
@click.option("--publisher", default="", help="Who published what does not say it, as a host name or a name.")
@click.option("--country", default="", help="That publisher's country, as a two-letter code.")
@AT
def import_command(sources: tuple[Path, ...], publisher: str, country: str, now: datetime | None) -> None:
    """Read a back-catalogue of posts into the database; nothing of it alerts.

    Each FILE is JSON lines as `classify --jsonl` reads them (.jsonl), a saved feed (.xml, .rss, .atom; one named as a
    feed of the catalogue is read as that feed's), or a folder of such files. Interrupt it and run it again: what is
    stored already is passed over. Exits with 1 if something could not be read.

    A line is an object: {"title": "...", "text": "...", "published": "2022-09-07", "url": "https://...",
    "publisher": "gov.uk", "country_of_publisher": "GB", "lang": "en", "id": "..."}. Title and text are needed; what
    has no date counts as of today.
    """
    given = backfill.Given(publisher=publisher, country=country or None)
    sys.exit(backfill.run(config.load().database_url, sources, given, now or datetime.now(UTC)))


@cli.command("migrate")
def migrate_command() -> None:
    """Bring the database to this version's schema."""
    url = config.load().database_url
    with connect(url) as db:
        new = not schema.version(db)
        took = schema.migrate(db)
    if new:
        click.echo(poll.newly_made(url), err=True)
    click.echo(f"{url}: {'already at' if not took else 'now at'} schema {len(schema.MIGRATIONS)}.")


@cli.command("backup")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Write over FILE where it is there already.")
def backup_command(file: Path, force: bool) -> None:
    """Copy the whole database to FILE, also while a bot is at work on it."""
    size = backup.backup(config.load().database_url, file, force=force)
    click.echo(f"{file}: {size / 1_000_000:.1f} MB, checked. Keep it on another disk.")


@cli.command("restore")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@AT
def restore_command(file: Path, now: datetime | None) -> None:
    """Put the copy FILE in the place of the database, which is kept beside it as .before-restore.

    Stop the bot first. What was alerted after the copy was made may be alerted again.
    """
    url = config.load().database_url
    number = backup.restore(url, file, now or datetime.now(UTC))
    after = "" if number == len(schema.MIGRATIONS) else " Now run `attribution-bot migrate`."
    click.echo(f"{url} is now what {file} was; what it was before is kept beside it as {backup.KEPT}.{after}")


@cli.command("run")
@AT
def run_command(now: datetime | None) -> None:
    """Poll, alert and send digests until told to stop (Ctrl-C or SIGTERM).

    A second run on the same database stands by and takes over when the first ends. Alerts go to Slack where its tokens
    are set, else to this terminal.
    """
    with asyncio.Runner(loop_factory=Loop) as runner:
        runner.run(run.run(config.load(), now))


@cli.command("status")
@AT
def status_command(now: datetime | None) -> None:
    """Show who is at work, which feeds fail since when and why, and what waits to be sent."""
    with _stored(archived=False) as db:
        for line in status.lines(db, now or datetime.now(UTC)):
            click.echo(line)


@cli.command("doctor")
def doctor_command() -> None:
    """Look at all that the bot needs, and say for each fault what to do; changes nothing.

    Settings, clock, disk, database, feeds, workers, and Slack's tokens, scopes and connection. Exits with 1 if there
    is any fault.
    """
    findings = asyncio.run(doctor.checkup(datetime.now(UTC)))
    doctor.print_findings(findings)
    sys.exit(doctor.exit_status(findings))


@cli.command("digest")
@click.option("--week", metavar="WEEK", help="An ISO week such as 2022-W36; the last seven days without it.")
@AT
def digest_command(week: str | None, now: datetime | None) -> None:
    """Show the digest of a week; sends nothing and moves nothing."""
    with _stored(archived=False) as db:
        for payload in roundups.digest(digests.of_week(db, week, now or datetime.now(UTC))):
            click.echo(blocktext.shown(payload))


@cli.group("case")
def case_group() -> None:
    """Show, merge or split cases; their cards are corrected."""


@case_group.command("show")
@click.argument("case")
@AT
def case_show(case: str, now: datetime | None) -> None:
    """Show CASE as its card does, and each of its claims with its number."""
    with _stored(now) as db:
        view = casework.show(db, case)
        click.echo(blocktext.shown(cards.card(view, now or datetime.now(UTC))))
        terminal.print_case(claims.of_case(db, view.id))


@case_group.command("merge")
@click.argument("case")
@click.argument("into")
@AT
def case_merge(case: str, into: str, now: datetime | None) -> None:
    """Make CASE a part of the case INTO."""
    with _stored(now) as db:
        kept = casework.merge(db, case, into, now or datetime.now(UTC))
    click.echo(f"Case {case} is now part of case {kept}.")


@case_group.command("split")
@click.argument("case")
@click.argument("claim_ids", metavar="CLAIM...", type=int, nargs=-1, required=True)
@AT
def case_split(case: str, claim_ids: tuple[int, ...], now: datetime | None) -> None:
    """Move the claims CLAIM... of CASE into a case of their own; `case show` lists their numbers."""
    with _stored(now) as db:
        opened = casework.split(db, case, list(claim_ids), now or datetime.now(UTC))
    click.echo(f"Opened case {opened} with {len(claim_ids)} of the claims of case {case}.")


@cli.command("feedback")
@click.option("--tenant", metavar="TEAM", help="Only what was reported in this workspace, by Slack's id of it.")
@click.option("--since", type=Moment(), metavar="TIME", help="Only what was reported at that time (UTC) or later.")
def feedback_command(tenant: str | None, since: datetime | None) -> None:
    """Write what people reported as labelled posts, one a line as JSON, in the columns of tests/corpus.

    Reports that were taken back are left out, and so is who made them.
    """
    with _stored(archived=False) as db:
        for labelled in feedback.labelled(db, tenant, since):
            click.echo(json.dumps(labelled, ensure_ascii=False))


@cli.command("audit")
@click.option("--tenant", metavar="TEAM", required=True, help="The workspace, by Slack's id of it.")
@click.option("--since", type=Moment(), metavar="TIME", help="Only what was changed at that time (UTC) or later.")
def audit_command(tenant: str, since: datetime | None) -> None:
    """Write who changed what in a workspace, the newest first, one change a line as JSON.

    Slack's ids say who and where; times are UTC.
    """
    with _stored(archived=False) as db:
        for change in audit.changes(db, tenant):
            if since is None or change.at >= since:
                click.echo(json.dumps({**asdict(change), "at": change.at.isoformat()}, ensure_ascii=False))


@cli.group("feeds")
def feeds_group() -> None:
    """List and try the feeds that are read for everybody; take in and give out lists of them."""


@feeds_group.command("list")
def feeds_list() -> None:
    """Show every feed with who publishes it, for whom that speaks, what the address serves and how it fares."""
    with connect(config.load().database_url) as db:
        poll.prepare(db)
        terminal.print_table(feed_lists.TITLES, feed_lists.lines(db))


@feeds_group.command("probe")
@click.argument("sources", metavar="[SOURCE]...", nargs=-1)
@click.option("--all", "disabled", is_flag=True, help="Also ask the feeds that are not polled.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array, one object a source.")
def feeds_probe(sources: tuple[str, ...], disabled: bool, as_json: bool) -> None:
    """Ask every polled feed of the catalogue once, or only the SOURCEs given: URL, FILE, ID, ID=URL or ID=FILE.

    Says what each answers, what it serves and the newest day in it. No database is read or written. Exits with 1 if
    nothing could be read.
    """
    probed = asyncio.run(probe.probe(config.load(), sources, disabled=disabled))
    if as_json:
        click.echo(json.dumps([probe.as_plain(one) for one in probed], ensure_ascii=False, indent=2))
    else:
        terminal.print_table(probe.TITLES, map(probe.line, probed))
        for said in probe.told(probed):
            click.echo(said)
    sys.exit(0 if any(one.trouble is None for one in probed) else 1)


@feeds_group.command("export")
@click.argument("file", metavar="FILE.opml", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path))
@click.option("--force", is_flag=True, help="Write over FILE.opml where it is there already.")
def feeds_export(file: Path, force: bool) -> None:
    """Write the feeds that are polled for everybody to FILE.opml (- for standard output), by publisher."""
    with connect(config.load().database_url) as db:
        poll.prepare(db)
        feed_lists.export(db, file, force=force)


@feeds_group.command("import")
@click.argument("file", metavar="FILE.opml", type=click.File("rb"))
def feeds_import(file: BinaryIO) -> None:
    """Add the feeds that FILE.opml lists: polled from now on, for everybody, and speaking for nobody.

    Says which it skipped and why. A feed's first poll is silent. Exits with 1 if the list has no feed.
    """
    listed, settings = read_opml(file.read(LIMIT + 1)), config.load()
    with connect(settings.database_url) as db:
        poll.prepare(db)
        imported = feed_lists.import_outlines(db, listed, WEB_PORTS | settings.feeds_ports)
    for line in feed_lists.told(imported):
        click.echo(line)
    sys.exit(1 if feed_lists.empty(imported) else 0)


@cli.command("demo")
@click.option("--interactive", is_flag=True, help="Then answer slash commands until the input ends.")
def demo_command(interactive: bool) -> None:
    """Play 7-9 September 2022 from sample feeds served on this machine: nothing leaves it, no account is needed."""
    asyncio.run(demo.play(interactive=interactive))


def plainly(function: Callable[[], None]) -> Callable[[], None]:
    """Turns the errors a person can act on into one message on standard error and exit status 2."""

    @wraps(function)
    def run() -> None:
        try:
            function()
        except EXPECTED as error:
            sys.exit(_said(str(error)))
        except sqlite3.Error as error:
            sys.exit(_said(explained(error)))
        except BrokenPipeError:
            sys.exit(1)
        except OSError as error:
            sys.exit(_said(f"It could not be written or read: {error}."))

    return run


def _said(message: str) -> int:
    click.echo(message, err=True)
    return 2


main = plainly(cli)
