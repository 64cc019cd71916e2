"""`salur demo`: a feed through a whole local stack, judged from outside."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from deploy.cli.dev.signals import terminated_like_interrupted
from deploy.cli.intake.feed import say_ignored
from deploy.cli.options import Broker, BrokerKind
from deploy.cli.outcome import conclude, end_wrong, progress, say
from deploy.dev.demo.feeds import feed_of_file, generated_feed
from deploy.dev.demo.load import Feed
from deploy.dev.demo.run import Demo, Result
from deploy.dev.demo.show import Screen, agency_table, stage_table, triage_table
from deploy.dev.local.run_folder import run_folder
from deploy.dev.local.stack import Stack, StackOptions
from deploy.operate.agencies.institutions import read_directory, supervision
from deploy.operate.intake_client.complaint_files import read_feed
from services.router.domain.reference.directory import Directory

Faulty = Annotated[int | None, typer.Option("--invalid", min=0, help="forms intake must refuse")]
Broken = Annotated[int | None, typer.Option(min=0, help="unreadable records for the router")]


def demo(  # noqa: PLR0913 - each option of a command is an argument
    *,
    complaints: Annotated[int, typer.Option(min=1, help="how many to generate")] = 1000,
    file: Annotated[Path | None, typer.Option("--input", help="feed this file instead")] = None,
    seed: Annotated[int, typer.Option(help="the same seed, the same feed")] = 1,
    broker: Broker = BrokerKind.EMBEDDED,
    faulty: Faulty = None,
    broken: Broken = None,
) -> None:
    """Show that everything accepted arrives once: nothing lost, nothing twice."""
    directory = read_directory()
    if file is not None:
        say_ignored(read_feed(file))
        feed = feed_of_file(file, seed, faulty=faulty or 0, broken=broken or 0)
    else:
        feed = generated_feed(directory, complaints, seed, faulty=faulty, broken=broken)
    with terminated_like_interrupted(), run_folder("demo") as folder:
        codes = tuple(directory.institutions)
        options = StackOptions(folder, codes, broker=broker, env=supervision())
        result = run_demo(options, feed, seed)
        tell(result, directory)
        if not result.verdict.passed:
            end_wrong(f"not everything arrived once; logs and data are in {folder}")


def run_demo(options: StackOptions, feed: Feed, seed: int) -> Result:
    """Start a stack, send a feed through it, stop it; return what came of it."""
    say(f"starting broker, database and {len(options.services)} services")
    console = progress()
    with Stack(options) as stack, Screen(console) as screen:
        say(f"ready: {len(options.agencies)} institutions; sending {len(feed.good)} complaints")
        return asyncio.run(Demo(stack, seed).run(feed, screen.show))


def tell(result: Result, directory: Directory) -> None:
    """Print the tables, what was found, and the result as the last line."""
    verdict, console = result.verdict, progress()
    names = {code: one.name for code, one in directory.institutions.items()}
    console.print(stage_table(verdict.counts), triage_table(verdict), agency_table(verdict, names))
    for finding in verdict.findings:
        say(finding)
    if result.unanswered:
        say(f"{result.unanswered} submissions got no answer at all")
    conclude(verdict.as_result(result.seconds))
